"""Tables and images by name, each with a test set that no contestant sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split

from benchmarks.peers.csv_tables import CSV_TABLES, CSVTable, read_csv_table
from benchmarks.peers.package_tables import PACKAGE_TABLES, package_file
from optuna_dnc.data import load_dataset

SPLIT_SEED = 0
TEST_FRACTION = 0.25
FASHION_SAMPLES = 10_000


@dataclass(frozen=True)
class Table:
    """Samples for training and for the test."""

    x_train: np.ndarray
    """``(n, d)``, or images ``(n, channels, height, width)``, float32."""
    y_train: np.ndarray
    """``(n,)``: labels 0, 1, ... int64, or values float32 for regression."""
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def is_image(self) -> bool:
        return self.x_train.ndim == 4

    @property
    def task(self) -> str:
        return "classification" if self.y_train.dtype.kind == "i" else "regression"

    @property
    def n_outputs(self) -> int:
        return int(self.y_train.max()) + 1 if self.task == "classification" else 1

    @property
    def baseline(self) -> int:
        """Parameters of an MLP of 400-400."""
        n_inputs = int(np.prod(self.x_train.shape[1:]))
        return (n_inputs + 1) * 400 + 401 * 400 + 401 * self.n_outputs


class MissingDataError(Exception):
    """A table that cannot be read here, and why."""


def load_table(name: str, data: Path) -> Table:
    """Load a table; raise :class:`MissingDataError` where its file is not there."""
    try:
        return TABLES[name](data)
    except FileNotFoundError as error:
        raise MissingDataError(str(error).splitlines()[0]) from None


def _split(x: np.ndarray, y: np.ndarray, *, classes: bool) -> Table:
    """Hold 25 % out, with the shares of the classes kept."""
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=TEST_FRACTION, random_state=SPLIT_SEED, stratify=y if classes else None
    )
    return _table(x_train, y_train, x_test, y_test, classes=classes)


def _table(
    x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray,
    *, classes: bool,
) -> Table:  # fmt: skip
    if classes:
        labels = np.unique(y_train)
        y_train, y_test = (np.searchsorted(labels, y).astype(np.int64) for y in (y_train, y_test))
    else:
        y_train, y_test = (np.asarray(y, np.float32) for y in (y_train, y_test))
    return Table(np.asarray(x_train, np.float32), y_train, np.asarray(x_test, np.float32), y_test)


def _sklearn(name: str, data: Path, *, classes: bool = True) -> Table:
    del data
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return _split(x, y, classes=classes)


def _npz(name: str, data: Path) -> Table:
    path = data / f"{name}.npz"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    with np.load(path) as arrays:
        return _table(*(arrays[k] for k in ("xtr", "ytr", "xte", "yte")), classes=True)


def _csv(name: str, data: Path) -> Table:
    return _of_csv(data / "csv" / f"{name}.csv", CSV_TABLES[name])


def _packaged(name: str, data: Path) -> Table:
    del data
    table = PACKAGE_TABLES[name]
    return _of_csv(package_file(table), table.columns)


def _of_csv(file: Path | BytesIO, source: CSVTable) -> Table:
    arrays = read_csv_table(file, source, test_fraction=TEST_FRACTION, seed=SPLIT_SEED)
    return _table(*arrays, classes=source.classes)


def _fashion(data: Path, *, images: bool) -> Table:
    """The first 10,000 images of Fashion-MNIST, and the 10,000 of its test set."""
    root = data / "torchvision"
    if not (root / "FashionMNIST").exists():
        raise FileNotFoundError(f"{root / 'FashionMNIST'} is not there")
    samples = load_dataset("fashion-mnist", data_root=root)
    x_train, x_test = (
        np.asarray(x, np.float32).reshape(len(x), *((1, 28, 28) if images else (784,))) / 255
        for x in (samples.x_train[:FASHION_SAMPLES], samples.x_test)
    )
    return _table(x_train, samples.y_train[:FASHION_SAMPLES], x_test, samples.y_test, classes=True)


def _cifar(data: Path) -> Table:
    table = _npz("cifar10-10k", data)
    return _table(
        table.x_train / 255, table.y_train, table.x_test / 255, table.y_test, classes=True
    )


TABLES: dict[str, Callable[[Path], Table]] = {
    **{name: partial(_sklearn, name) for name in ("digits", "wine", "breast_cancer")},
    "diabetes": partial(_sklearn, "diabetes", classes=False),
    **{name: partial(_npz, name) for name in ("letter", "adult", "shuttle")},
    **{name: partial(_csv, name) for name in CSV_TABLES},
    **{name: partial(_packaged, name) for name in PACKAGE_TABLES},
    "fashion": partial(_fashion, images=False),
    "fashion-images": partial(_fashion, images=True),
    "cifar10-images": _cifar,
}
