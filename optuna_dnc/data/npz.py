"""Loaders of `.npz` files and of folders of `.npy` files, without pickle."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError, brief
from optuna_dnc._names import readable
from optuna_dnc.data.array_keys import NAMES_KEY, array_names, has_training_arrays, sample_names
from optuna_dnc.data.array_loader import dataset_of_arrays
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import DataRoot, Loader, RawSamples, is_path
from optuna_dnc.data.mapped import map_member, map_npy
from optuna_dnc.data.memory import free_memory, gibibytes

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
    "save it with numpy.savez(file, xtr=..., ytr=..., xte=..., yte=...), where the last two, the "
    "test set, are optional"
)


class NpzLoader(Loader):
    """``.npz`` files with the arrays ``xtr, ytr, xte, yte``; samples also from ``.npy`` files."""

    accepts: ClassVar[tuple[str, ...]] = ("FILE.npz",)

    @override
    def matches(self, source: Any) -> bool:
        return is_path(source) and Path(source).suffix.lower() in (".npz", ".npy")

    @override
    def load(
        self, source: str | Path, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        del data_root
        path = Path(source).expanduser()
        if _is_npy(path):
            raise InputError(
                f"{path} holds one array, and a data set has at least two; give the folder of "
                "x_train.npy and y_train.npy, or an .npz file."
            )
        return dataset_of_arrays(readable(path.stem), read_npz(path), task)

    @override
    def read_samples(
        self, source: str | Path, *, training: bool = False, data_root: DataRoot = None
    ) -> RawSamples:
        del data_root
        path = Path(source).expanduser()
        if _is_npy(path):
            return RawSamples(path.name, map_npy(path), None)
        with _archive(path) as archive:
            key, _ = sample_names(archive.files, str(path), training=training)
            x = _read_array(archive, key, path)
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
            _, key = sample_names(archive.files, str(path), training=False)
            return None if key is None else _read_array(archive, key, path)


def _is_npy(path: Path) -> bool:
    return path.suffix.lower() == ".npy"


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays `xtr, ytr, xte, yte` of a file, or the first two where it has no test set.

    Also read `feature_names` if the file has it; other arrays are ignored.
    """
    with _archive(path) as archive:
        names = array_names(archive.files, str(path))
        return {key: _read_array(archive, name, path) for key, name in names.items()}


@contextmanager
def _archive(path: Path) -> Iterator[Any]:
    """Open a file; raise an :class:`InputError` for any fault of it."""
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
            raise InputError(f"{path} is not a regular file; give the path of an .npz file.")
        with path.open("rb") as file:
            return zipfile.is_zipfile(file)
    except FileNotFoundError as error:
        raise InputError(
            f"{path} does not exist; give the path of a file or folder of data."
        ) from error
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
        size, free = archive.zip.getinfo(name).file_size, free_memory()
        if free is not None and size > free:
            raise InputError(
                f"{path}: {key} takes {gibibytes(size)}, and {gibibytes(free)} of memory are "
                "free; save it with numpy.savez, not numpy.savez_compressed, to have it read from "
                "the disk."
            )
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


class NpyFolderLoader(Loader):
    """Folders with ``x_train.npy``, ``y_train.npy``, and for a test set ``x_test.npy`` and so on.

    The arrays stay on the disk and are read as needed; do not overwrite them during a search.
    """

    accepts: ClassVar[tuple[str, ...]] = ("FOLDER of .npy files",)

    @override
    def matches(self, source: Any) -> bool:
        return is_path(source) and has_training_arrays(_files(Path(source).expanduser()))

    @override
    def load(
        self, source: str | Path, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        del data_root
        folder = Path(source).expanduser()
        return dataset_of_arrays(readable(folder.absolute().name), _files(folder), task)


def _files(folder: Path) -> dict[str, Path]:
    """Return the `.npy` files of a folder by their stems; none if it is no folder."""
    if not folder.is_dir():
        return {}
    return {path.stem: path for path in sorted(folder.glob("*.npy"))}
