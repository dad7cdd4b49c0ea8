"""Atomic write of a new file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError
from optuna_dnc._files import digest, replacing


def check_new(path: Path) -> None:
    """Raise :class:`InputError` if there is something already."""
    if path.exists():
        raise InputError(f"out: {path} exists and is not overwritten; choose another name.")


@contextmanager
def new_file(path: Path, *, may_be_there: bool = False) -> Iterator[Path]:
    """Yield a draft to write, which gets its name at the end unless something failed.

    The draft has the suffix of ``path``, which some libraries insist on. Missing folders are made.

    Args:
        path: The file.
        may_be_there: Whether it may exist with the same content: left by a process that was
            killed before it wrote the next of several files.

    Raises:
        InputError: There is something already, or nothing can be written.
    """
    if not may_be_there:
        check_new(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            yield draft
            if not (may_be_there and path.exists() and digest(path) == digest(draft)):
                check_new(path)
    except OSError as error:
        reason = disk_problem(error, path) or error
        raise InputError(f"out: {path} cannot be written ({reason}).") from error
