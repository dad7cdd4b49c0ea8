"""Errors of the machine during a search, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna_dnc._disk_errors import disk_errors_told, is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.storage import is_storage_failure

_KEPT = "finished trials are saved. Remove the cause, then run the same search again to resume."


@contextmanager
def problems_told(folder: Path) -> Iterator[None]:
    """Turn errors of disk, storage and memory into an :class:`InputError` with what to do."""
    with disk_errors_told(folder):
        try:
            yield
        except Exception as error:
            if is_disk_broken(error):
                raise
            if is_storage_failure(error):
                reason = brief(error.__cause__ or error)
                raise StorageError(f"storage: it stopped answering ({reason}); {_KEPT}") from error
            if is_out_of_memory(error):
                reason = brief(error)
                raise InputError(
                    f"device: it ran out of memory outside of training ({reason}); {_KEPT}"
                ) from error
            raise
