"""Loader of MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100, in torchvision's layout."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import platformdirs
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import DataRoot, Loader, known_name

#: Our name of each set and the class in `torchvision.datasets` that reads it.
TORCHVISION_SETS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
}
_IDX_SETS = ("mnist", "fashion-mnist")
_BYTES = 8  # the format's code for unsigned bytes


class TorchvisionLoader(Loader):
    """Images (N, channels, height, width) uint8 and labels (N,) int64.

    The files are read from ``data_root`` (default: the user's cache folder), in torchvision's own
    layout, and downloaded if they are missing. The files of CIFAR are pickles, whose MD5 is
    verified by torchvision before it opens them. Those of MNIST and Fashion-MNIST are read without
    torchvision, whose import takes longer than everything else before the search.
    """

    accepts: ClassVar[tuple[str, ...]] = tuple(TORCHVISION_SETS)

    @override
    def load(
        self, source: str, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        del task
        name = known_name(source, self.accepts) or source
        root = (Path(data_root) if data_root is not None else _default_root()).expanduser()
        read = _read_idx_part if name in _IDX_SETS and _has_idx_files(name, root) else _read_part
        x_train, y_train = read(name, root, train=True)
        x_test, y_test = read(name, root, train=False)
        return Dataset(name, x_train, y_train, x_test, y_test, "classification")


def _default_root() -> Path:
    return platformdirs.user_cache_path("optuna_dnc") / "data"


def _idx_files(name: str, root: Path, *, train: bool) -> tuple[Path, Path]:
    raw = root / TORCHVISION_SETS[name] / "raw"
    part = "train" if train else "t10k"
    return raw / f"{part}-images-idx3-ubyte", raw / f"{part}-labels-idx1-ubyte"


def _has_idx_files(name: str, root: Path) -> bool:
    return all(
        path.is_file() for train in (True, False) for path in _idx_files(name, root, train=train)
    )


def _read_idx_part(name: str, root: Path, *, train: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    images, labels = _idx_files(name, root, train=train)
    try:
        return _read_idx(images, ndim=3)[:, None], _read_idx(labels, ndim=1).astype(np.int64)
    except (ValueError, OSError) as error:
        raise _damaged(name, root, error) from error


def _read_part(name: str, root: Path, *, train: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    import torchvision

    reader = getattr(torchvision.datasets, TORCHVISION_SETS[name])
    try:
        part = reader(root, train=train, download=False)
    except (RuntimeError, ValueError, AssertionError, OSError) as error:
        if "not found" not in str(error):  # torchvision's words for files that are missing
            raise _damaged(name, root, error) from error
        part = _download(reader, name, root, train=train)
    images = np.asarray(part.data)
    # MNIST's images are (N, H, W), CIFAR's (N, H, W, C).
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images), np.asarray(part.targets, dtype=np.int64)


def _damaged(name: str, root: Path, error: Exception) -> InputError:
    return InputError(
        f"{name} under {root} cannot be read ({brief(error)}); remove it there and run again."
    )


def _download(reader: Any, name: str, root: Path, *, train: bool) -> Any:
    try:
        # torchvision prints every mirror that fails; the error below says it in one line.
        with contextlib.redirect_stdout(io.StringIO()):
            return reader(root, train=train, download=True)
    except (RuntimeError, OSError) as error:  # URLError is an OSError
        raise InputError(
            f"{name} is not in {root} and the download failed ({brief(error)}); "
            "connect to the internet, or set the folder that contains it with data_root=."
        ) from error


def _read_idx(path: Path, *, ndim: int) -> NDArray[np.uint8]:
    """Read the array of bytes in an IDX file, MNIST's own format.

    Raises:
        ValueError: It has not `ndim` axes, holds anything else, or less than its header says.
    """
    content = np.fromfile(path, dtype=np.uint8)
    # Two zeros, the type of the values, the number of axes; then each axis' length in four bytes.
    start = 4 + 4 * ndim
    if len(content) < start or content[:4].tolist() != [0, 0, _BYTES, ndim]:
        raise ValueError(f"{path.name} holds no array of bytes with {ndim} axes")
    return content[start:].reshape(content[4:start].view(">u4").tolist())
