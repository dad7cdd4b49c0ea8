"""Tables with a column of paths of images are data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from tests.data.images.conftest import MakeFolder, grey


@pytest.fixture
def table(make_folder: MakeFolder) -> Path:
    """A CSV file with paths relative to it, a class, and a number."""
    folder = make_folder()
    rows = [(f"{c}/{i}.png", c, i + 0.5) for c in ("cat", "dog") for i in range(6)]
    path = folder / "pets.csv"
    pd.DataFrame(rows, columns=["file", "pet", "age"]).to_csv(path, index=False)
    return path


def test_paths_are_relative_to_the_table(table: Path) -> None:
    dataset = load_dataset(table, target="pet", image="file")
    assert dataset.x_train.shape == (12, 1, 6, 5)
    assert np.array_equal(dataset.x_train[7, 0], np.asarray(grey(1)))
    assert dataset.y_train.tolist() == ["cat"] * 6 + ["dog"] * 6
    assert dataset.images.column == "file"
    assert dataset.table is None


def test_a_regression_with_test_rows_and_weights(table: Path) -> None:
    dataset = load_dataset(table, target="age", image="file", weights="age", test_fraction=0.25)
    assert dataset.task == "regression"
    assert (dataset.n_train, dataset.n_test) == (9, 3)
    assert np.array_equal(dataset.weights, dataset.y_train)


def test_a_test_table(table: Path) -> None:
    dataset = load_dataset(table, target="pet", image="file", test=table)
    assert np.array_equal(dataset.x_test, dataset.x_train)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "fil"}, "image: column 'fil' is unknown"),
        ({"image": "age"}, "column 'age' must hold paths of images, got double"),
        ({"image": "file", "drop": "age"}, "drop is for columns that are learned from"),
        ({"image": "pet"}, r"pets/cat cannot be read \(Is a directory\), nor can 11 others"),
        ({"image": "file", "target": ()}, "needs the column that is to be predicted"),
    ],
)
def test_columns_that_hold_no_images(table: Path, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(table, **{"target": "pet", **options})


def test_a_missing_path_has_its_row(table: Path) -> None:
    with table.open("a") as file:
        file.write(",cat,3.5\n")
    with pytest.raises(InputError, match="'file' has no path in row 13"):
        load_dataset(table, target="pet", image="file")


def test_a_size_needs_images(table: Path) -> None:
    with pytest.raises(InputError, match="image_size is for images; name the column"):
        load_dataset(table, target="pet", image_size=8)
