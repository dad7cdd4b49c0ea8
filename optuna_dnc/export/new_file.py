"""A file that did not exist before, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from optuna_dnc._errors import InputError


def check_new(path: Path) -> None:
    """Raise :class:`InputError` where there is something already."""
    if path.exists():
        raise InputError(f"--out: {path} exists and is not overwritten; choose another name.")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A draft to write in the block, which gets its name at the end unless something failed.

    The draft has the suffix of ``path``, which some libraries insist on. Missing folders are made.

    Raises:
        InputError: There is something already, or nothing can be written.
    """
    check_new(path)
    draft = path.with_name(f".{path.stem}.draft{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as file:
            # Otherwise the new name may reach the disk before the content: an empty file.
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise InputError(f"--out: {path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            draft.unlink()
