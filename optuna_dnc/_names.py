"""Names that go into files, storages and names of folders."""

from __future__ import annotations

import os
from pathlib import Path

from optuna_dnc._errors import InputError, shown

LONGEST_NAME = 255
"""Bytes that a file system takes for the name of a file or folder."""

LONGEST_PATH = 4095
"""Bytes that the system takes for a whole path."""


def readable(name: str) -> str:
    """A name of a file as text: bytes that are not UTF-8 become question marks in diamonds.

    Python stands them in as lone surrogates, which neither JSON nor a database takes.
    """
    return os.fsencode(name).decode(errors="replace")


def folder_named(name: str) -> str:
    """A name for a new folder: one that is too long loses its middle."""
    encoded = name.encode(errors="replace")
    if len(encoded) <= LONGEST_NAME:
        return name
    half = LONGEST_NAME // 2 - 2
    ends = (part.decode(errors="ignore") for part in (encoded[:half], encoded[-half:]))
    return "...".join(ends)


def check_can_be_made(argument: str, path: str) -> None:
    """Raise :class:`InputError` for a path that no folder can have.

    Args:
        argument: What it was given as.
        path: Of a folder; relative ones start at the current folder, which counts too.
    """
    reason = ""
    if "\0" in path:
        reason = "has a NUL character"
    elif not _is_utf8(os.path.abspath(path)):  # noqa: PTH100 - Path.absolute keeps ".."
        reason = "is not valid UTF-8"
    elif len(os.fsencode(path)) > LONGEST_PATH or any(
        len(os.fsencode(part)) > LONGEST_NAME for part in Path(path).parts
    ):
        reason = "is too long"
    if reason:
        raise InputError(f"{argument}: the path {shown(path)} {reason}; choose another folder.")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
