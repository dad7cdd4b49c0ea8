"""Names that files of a run hold and that become paths: what may stand there.

A run may have been sent by somebody else. Whatever its files hold, nothing outside of its folder
is read, written or deleted for it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

from optuna_dnc._errors import InputError, shown

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
