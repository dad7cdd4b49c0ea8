"""Read `.npz` files, without pickle: the four arrays of a data set, or samples alone."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data.arrays import KEYS

# What zipfile, zlib and NumPy raise on damaged or encrypted archives.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError)
_SAVE_AGAIN = "save it with numpy.savez(file, xtr=..., ytr=..., xte=..., yte=...)"


SAMPLE_KEYS = ("x", "xte")
"""Names of the array that is predicted; the first that a file has."""


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays `xtr, ytr, xte, yte` of the file; other arrays in it are left alone."""
    with _archive(path) as archive:
        missing = [key for key in KEYS if key not in archive.files]
        if missing:
            raise InputError(
                f"{path} lacks {', '.join(missing)}; it has {_found(archive)}, {_SAVE_AGAIN}."
            )
        return {key: _read_array(archive, key, path) for key in KEYS}


def read_samples(path: Path) -> NDArray[Any]:
    """The samples to predict: the array `x` of the file, or else `xte`."""
    with _archive(path) as archive:
        for key in SAMPLE_KEYS:
            if key in archive.files:
                return _read_array(archive, key, path)
        raise InputError(
            f"{path} has neither {' nor '.join(SAMPLE_KEYS)}; it has {_found(archive)}, "
            "save the samples with numpy.savez(file, x=...)."
        )


def _found(archive: Any) -> str:
    return ", ".join(archive.files) or "no arrays"


@contextmanager
def _archive(path: Path) -> Iterator[Any]:
    """The open file; whatever turns out to be wrong with it becomes one line."""
    if not _is_zip(path):
        raise InputError(f"{path} is not an .npz file, or only a part of one; {_SAVE_AGAIN}.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except InputError:
        raise
    except _BROKEN as error:
        raise InputError(
            f"{path} is damaged ({brief(error)}); copy it again, or {_SAVE_AGAIN}."
        ) from error


def _is_zip(path: Path) -> bool:
    if path.is_dir():
        raise InputError(f"{path} is a directory; give the path of an .npz file in it.")
    try:
        with path.open("rb") as file:
            return zipfile.is_zipfile(file)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; give the path of an .npz file.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({brief(error)}).") from error


def _read_array(archive: Any, key: str, path: Path) -> NDArray[Any]:
    try:
        array = archive[key]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise InputError(
            f"{path}: {key} holds Python objects, which are not unpickled for safety; "
            "save it as a plain array of numbers or strings."
        ) from error
    except MemoryError as error:
        raise InputError(f"{path}: {key} does not fit in memory ({error}).") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path}: {key} is not a NumPy array; {_SAVE_AGAIN}.")
    return array
