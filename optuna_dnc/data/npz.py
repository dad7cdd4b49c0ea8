"""Loader of `.npz` files, without pickle."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError, brief, cut
from optuna_dnc._names import readable
from optuna_dnc.data.array_loader import dataset_of_arrays
from optuna_dnc.data.arrays import NAMES_KEY, wanted_keys
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import Loader, RawSamples, is_path
from optuna_dnc.data.mapped import map_member

# What zipfile, zlib and NumPy raise on damaged or encrypted archives.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OverflowError,  # of a shape beyond the integers of C
    ValueError,
    OSError,
    RuntimeError,
)
_SAVE_AGAIN = (
    "save it with numpy.savez(file, xtr=..., ytr=..., xte=..., yte=...), without the last two "
    "where there is no test set"
)


_SAMPLE_KEYS = {"x": "y", "xte": "yte"}
"""Names of the array that is predicted, the first that a file has, and of its labels."""

_ALL_SAMPLE_KEYS = (*_SAMPLE_KEYS, "xtr")
"""Names of arrays that hold samples of some kind."""


class NpzLoader(Loader):
    """``.npz`` files with the arrays ``xtr, ytr, xte, yte``; samples also from ``.npy`` files."""

    accepts: ClassVar[tuple[str, ...]] = ("FILE.npz",)

    @override
    def matches(self, source: Any) -> bool:
        return is_path(source) and Path(source).suffix.lower() in (".npz", ".npy")

    @override
    def load(
        self,
        source: str | Path,
        *,
        task: Task | None = None,
        data_root: str | Path | None = None,
    ) -> Dataset:
        del data_root
        path = Path(source).expanduser()
        return dataset_of_arrays(readable(path.stem), read_npz(path), task)

    @override
    def read_samples(
        self,
        source: str | Path,
        *,
        training: bool = False,
        data_root: str | Path | None = None,
    ) -> RawSamples:
        del data_root
        path = Path(source).expanduser()
        if _is_npy(path):
            return RawSamples(path.name, _mapped(path), None)
        keys = _ALL_SAMPLE_KEYS if training else tuple(_SAMPLE_KEYS)
        with _archive(path) as archive:
            x = _read_array(archive, _first_key(archive, keys, path), path)
            if NAMES_KEY not in archive.files:
                return RawSamples(path.name, x, None)
            names = _read_array(archive, NAMES_KEY, path)
            return RawSamples(path.name, x, tuple(map(str, names.ravel())))

    @override
    def read_labels(self, source: str | Path) -> NDArray[Any] | None:
        path = Path(source).expanduser()
        if _is_npy(path):
            return None
        with _archive(path) as archive:
            key = _SAMPLE_KEYS[_first_key(archive, tuple(_SAMPLE_KEYS), path)]
            return _read_array(archive, key, path) if key in archive.files else None


def _is_npy(path: Path) -> bool:
    return path.suffix.lower() == ".npy"


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays `xtr, ytr, xte, yte` of a file, or the first two where it has no test set.

    With them `feature_names`, where the file has it. Other arrays in it are left alone.
    """
    with _archive(path) as archive:
        wanted = wanted_keys(archive.files)
        missing = [key for key in wanted if key not in archive.files]
        if missing:
            raise InputError(
                f"{path} lacks {', '.join(missing)}; it has {_found(archive)}, {_SAVE_AGAIN}."
            )
        named = [key for key in (NAMES_KEY,) if key in archive.files]
        return {key: _read_array(archive, key, path) for key in (*wanted, *named)}


def _first_key(archive: Any, keys: Sequence[str], path: Path) -> str:
    for key in keys:
        if key in archive.files:
            return key
    raise InputError(
        f"{path} has neither {' nor '.join(keys)}; it has {_found(archive)}, "
        "save the samples with numpy.savez(file, x=...)."
    )


def _mapped(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; give an .npz or .npy file.") from error
    except _BROKEN as error:
        raise InputError(
            f"{path} is no .npy file of numbers ({brief(error)}); save it with "
            "numpy.save(file, x)."
        ) from error
    return array


def _found(archive: Any) -> str:
    return cut(", ".join(archive.files)) or "no arrays"


@contextmanager
def _archive(path: Path) -> Iterator[Any]:
    """Open a file; raise one :class:`InputError` for whatever turns out to be wrong with it."""
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
    try:
        if path.is_dir():
            raise InputError(f"{path} is a directory; give the path of an .npz file in it.")
        if path.exists() and not path.is_file():  # a pipe would wait for somebody to write
            raise InputError(f"{path} is no regular file; give the path of an .npz file.")
        with path.open("rb") as file:
            return zipfile.is_zipfile(file)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; give the path of an .npz file.") from error
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({brief(error)}).") from error


def _mapped_or_read(archive: Any, key: str, path: Path) -> Any:
    name = f"{key}.npy"
    if name in archive.zip.namelist():
        mapped = map_member(path, archive.zip, name)
        if mapped is not None:
            return mapped
    return archive[key]


def _read_array(archive: Any, key: str, path: Path) -> NDArray[Any]:
    try:
        array = _mapped_or_read(archive, key, path)
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
