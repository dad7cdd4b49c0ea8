"""Names of files and folders, checked before they become paths.

A run may come from somebody else: whatever its files hold, nothing outside its folder is read,
written or deleted.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

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


_KEY = re.compile(r"[0-9a-f]{64}")
_WEIGHTS = re.compile(r"[0-9a-f]{16}(?:-[0-9]{1,9})?\.safetensors")


def checked_key(key: object) -> str:
    """Return the key of a configuration, see :func:`optuna_dnc.runs.records.configuration_key`.

    Raises:
        InputError: It is none.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InputError(
            f"a trial's key {shown(key)} is damaged: 64 hexadecimal digits were written; restore "
            "the storage from a copy."
        )
    return key


def weights_file(key: str, epoch: int | None = None) -> str:
    """Name of the file that holds a configuration's weights, or their snapshot after an epoch."""
    return f"{checked_key(key)[:16]}{'' if epoch is None else f'-{epoch}'}.safetensors"


def is_weights_file(name: object) -> bool:
    """Whether :func:`weights_file` may have given this name."""
    return isinstance(name, str) and _WEIGHTS.fullmatch(name) is not None


def as_folder(name: object, what: str) -> str:
    """Return a name that can be a folder's within another one.

    Args:
        name: From a file.
        what: Of what it is, for the error.

    Raises:
        InputError: It leads elsewhere, or can be no folder's.
    """
    if not isinstance(name, str) or not _is_plain(name):
        raise InputError(
            f"{what} {shown(name)} can be no folder's name; choose the folder with out=."
        )
    return name


def _is_plain(name: str) -> bool:
    is_one_part = PurePosixPath(name).name == name == PureWindowsPath(name).name
    return (
        is_one_part and name not in ("", "..") and name.isprintable() and len(name.encode()) <= 255
    )
