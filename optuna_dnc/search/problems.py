"""Errors of the machine during a search, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna_dnc._disk_errors import disk_errors_told, is_disk_broken
from optuna_dnc._errors import InputError, brief
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.storage import is_storage_failure


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
                problem = f"storage: it stopped answering ({brief(error.__cause__ or error)})"
            elif is_out_of_memory(error):
                problem = f"device: it ran out of memory outside of training ({brief(error)})"
            else:
                raise
            raise InputError(
                f"{problem}; what was measured so far is kept. Mend it, and run the same search "
                "again to go on."
            ) from error
