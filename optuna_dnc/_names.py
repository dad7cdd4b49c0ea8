"""Names of files and folders, checked before they become paths.

A run may come from somebody else: whatever its files hold, nothing outside its folder is read,
written or deleted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from optuna_dnc._errors import InputError, shown

LONGEST_NAME = 255
"""Largest number of bytes of a file or folder name."""

LONGEST_PATH = 4095
"""Largest number of bytes of a path."""

UNNAMED_AT_DEFAULT = "unnamed_at_default"
"""Metadata of fields of a network's config that earlier versions lacked: at their default, they
are no part of its key."""


def readable(name: str) -> str:
    """Return a file name as text, with U+FFFD for bytes that are not UTF-8.

    Python has lone surrogates for them, which neither JSON nor databases can store.
    """
    return os.fsencode(name).decode(errors="replace")


def folder_named(name: str) -> str:
    """Return a name for a new folder, without its middle if it is too long."""
    encoded = name.encode(errors="replace")
    if len(encoded) <= LONGEST_NAME:
        return name
    half = LONGEST_NAME // 2 - 2
    ends = (part.decode(errors="ignore") for part in (encoded[:half], encoded[-half:]))
    return "...".join(ends)


def check_can_be_made(argument: str, path: str) -> None:
    """Raise :class:`InputError` for a path that is invalid for a folder.

    Args:
        argument: Name of the argument.
        path: Path of a folder; the current folder is checked, too, for a relative one.
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


def check_only_files(folder: Path) -> None:
    """Raise :class:`InputError` if a folder of a run is or has anything but files and folders.

    Behind a symbolic link, files elsewhere would be written or deleted, and opening a pipe may
    block for ever. The folder may be missing.
    """
    for path in (folder, *_within(folder)):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:  # deleted meanwhile
            continue
        if stat.S_ISLNK(mode):
            raise InputError(
                f"{path} is a symbolic link, and what is written or deleted there would be "
                "elsewhere; delete it, or replace it by what it leads to."
            )
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise InputError(f"{path} is no file but a pipe or a device; delete it.")


def _within(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


_KEY = re.compile(r"[0-9a-f]{64}")
_WEIGHTS = re.compile(r"[0-9a-f]{16}(?:-[0-9]{1,9})?\.safetensors")


def checked_key(key: object) -> str:
    """Return a key of :func:`optuna_dnc.runs.records.configuration_key` if it is valid.

    Raises:
        InputError: It is not.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InputError(
            f"key of a trial must be 64 hexadecimal digits, got {shown(key)}; restore the storage "
            "from a copy."
        )
    return key


def weights_file(key: str, epoch: int | None = None) -> str:
    """Return the file name of a configuration's weights, or of their snapshot after an epoch."""
    return f"{checked_key(key)[:16]}{'' if epoch is None else f'-{epoch}'}.safetensors"


def is_weights_file(name: object) -> bool:
    """Return whether a name has the form of :func:`weights_file`."""
    return isinstance(name, str) and _WEIGHTS.fullmatch(name) is not None


def as_folder(name: object, what: str) -> str:
    """Return a name if it can be that of a folder within another one.

    Args:
        name: A name from a file.
        what: What has the name, for the message.

    Raises:
        InputError: It leads elsewhere, or no folder can have it.
    """
    if not isinstance(name, str) or not _is_plain(name):
        raise InputError(
            f"{what} {shown(name)} cannot name a folder; choose the folder with out=."
        )
    return name


def _is_plain(name: str) -> bool:
    is_one_part = PurePosixPath(name).name == name == PureWindowsPath(name).name
    return (
        is_one_part and name not in ("", "..") and name.isprintable() and len(name.encode()) <= 255
    )
