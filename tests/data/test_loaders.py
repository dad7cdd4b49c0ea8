"""The built-in data loaders meet their contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset, read_labels, read_samples
from optuna_dnc.data.array_loader import ArrayLoader
from optuna_dnc.data.digits import DigitsLoader
from optuna_dnc.data.load import LOADERS
from optuna_dnc.data.npz import NpzLoader
from optuna_dnc.testing import LoaderContract

ARRAYS: dict[str, Any] = {
    "xtr": np.arange(40.0).reshape(20, 2),
    "ytr": np.arange(20) % 2,
    "xte": np.arange(12.0).reshape(6, 2),
    "yte": np.arange(6) % 2,
    "feature_names": ["height", "width"],
}


class TestNpz(LoaderContract):
    loader = NpzLoader()

    def make_source(self, folder: Path) -> Path:
        np.savez(folder / "data.npz", **ARRAYS)
        return folder / "data.npz"


class TestArrays(LoaderContract):
    loader = ArrayLoader()

    def make_source(self, folder: Path) -> dict[str, Any]:
        return ARRAYS


class TestDigits(LoaderContract):
    loader = DigitsLoader()

    def make_source(self, folder: Path) -> str:
        return "Digits"


def test_samples_and_labels_of_an_npz_file_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    np.savez(path, x=ARRAYS["xte"] + 1, y=ARRAYS["yte"], **ARRAYS)
    name, x, names = read_samples(path)
    assert (name, names) == ("samples.npz", ("height", "width"))
    assert np.array_equal(x, ARRAYS["xte"] + 1)
    assert np.array_equal(read_labels(path), ARRAYS["yte"])


def test_training_samples_are_read_only_where_they_will_do(tmp_path: Path) -> None:
    path = tmp_path / "train.npz"
    np.savez(path, xtr=ARRAYS["xtr"], ytr=ARRAYS["ytr"])
    with pytest.raises(InputError, match="neither x nor xte"):
        read_samples(path)
    assert len(read_samples(path, training=True).x) == 20


def test_a_loader_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(InputError, match=r"loader 'csv' must be an optuna_dnc.data.Loader"):
        LOADERS.register("csv", print)


def test_an_unknown_source_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(InputError, match=r"'digts' is unknown; .*FILE\.npz.*mean 'digits'"):
        load_dataset("digts")
    with pytest.raises(InputError, match=r"cannot be read from a int; .*four arrays"):
        load_dataset(3)  # type: ignore[arg-type]
