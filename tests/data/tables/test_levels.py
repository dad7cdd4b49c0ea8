"""Ordered categories keep the order that the user or the data frame gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.data.tables import DataOptions, Table
from optuna_dnc.data.tables.fitting import fitted
from optuna_dnc.data.tables.summary import column_lines

SIZES = ["small", "medium", "large", "huge"]
N = 60
VALUES = [SIZES[i % 3] for i in range(N)]
LEVELS: Any = [5.0, 1, 20]
AT = [float(SIZES.index(value)) for value in VALUES]


def as_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def as_feather(frame: pd.DataFrame, folder: Path) -> Path:
    feather.write_feather(frame, folder / "a.feather")
    return folder / "a.feather"


def as_polars(frame: pd.DataFrame, folder: Path) -> Any:
    polars = pytest.importorskip("polars")
    size = polars.Series("size", VALUES, dtype=polars.Enum(SIZES))
    return polars.DataFrame({"x": frame["x"].to_list(), "y": frame["y"].to_list(), "size": size})


def as_polars_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    as_polars(frame, folder).write_parquet(folder / "p.parquet")
    return folder / "p.parquet"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda frame, folder: frame, id="pandas"),
        pytest.param(lambda frame, folder: pa.Table.from_pandas(frame), id="arrow"),
        pytest.param(as_parquet, id="parquet"),
        pytest.param(as_feather, id="feather"),
        pytest.param(as_polars, id="polars"),
        pytest.param(as_polars_parquet, id="polars in parquet"),
    ],
)
def test_ordered_categories_of_data_frames_keep_their_order(source: Any, tmp_path: Path) -> None:
    size = pd.Categorical(VALUES, categories=SIZES, ordered=True)
    frame = pd.DataFrame({"x": np.arange(N) / 7, "size": size, "y": ["a", "b"] * (N // 2)})
    dataset = load_dataset(source(frame, tmp_path), target="y")
    assert dataset.table is not None
    column = next(c for c in dataset.table.columns if c.name == "size")
    assert (column.kind, column.categories) == ("ordered", tuple(SIZES))
    at = dataset.table.inputs.index("size")
    np.testing.assert_array_equal(dataset.x_train[:, at], AT)


def test_bins_of_pandas_are_in_order() -> None:
    bins = pd.cut(np.linspace(0, 99, N), [0, 5, 20, 100], include_lowest=True)
    dataset = load_dataset(pd.DataFrame({"x": bins, "y": ["a", "b"] * (N // 2)}), target="y")
    np.testing.assert_array_equal(np.unique(dataset.x_train), [0, 1, 2])
    assert (np.diff(dataset.x_train[:, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("levels", "inputs"),
    [
        ([1, 10, 100], {1, 10, 100}),
        ([100, 10, 1], {1, 10, 100}),
        ([10, 1, 100], {0, 1, 2}),  # another order than that of the numbers
    ],
)
def test_ordered_categories_that_are_numbers(levels: list[int], inputs: set[float]) -> None:
    x = pd.Categorical([levels[i % 3] for i in range(N)], categories=levels, ordered=True)
    dataset = load_dataset(pd.DataFrame({"x": x, "y": ["a", "b"] * (N // 2)}), target="y")
    assert set(dataset.x_train[:, 0]) == inputs


def csv_file(folder: Path, values: list[str]) -> Path:
    path = folder / "sizes.csv"
    lines = [f"{value},{'ab'[i % 2]}" for i, value in enumerate(values)]
    path.write_text("\n".join(["size,y", *lines]))
    return path


@pytest.mark.parametrize("levels", [SIZES, tuple(SIZES), "small:medium:large:huge"])
def test_levels_can_be_given_as_the_kind(levels: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, VALUES)
    dataset = load_dataset(path, target="y", kind={"size": levels})
    np.testing.assert_array_equal(dataset.x_train[:, 0], AT)
    assert dataset.table is not None
    assert "  ordered: size (small < medium < large < huge)" in column_lines(dataset.table)
    assert DataOptions(kind={"size": levels}).to_dict() == {"kind": {"size": SIZES}}


def test_numbers_and_booleans_are_levels_however_they_are_written(tmp_path: Path) -> None:
    path = csv_file(tmp_path, ["5", "1", "20"] * (N // 3))
    dataset = load_dataset(path, target="y", kind={"size": LEVELS})
    np.testing.assert_array_equal(dataset.x_train[:3, 0], [0, 1, 2])


def test_a_value_that_is_no_level_is_named_with_its_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [*VALUES[:-1], "giant"])
    with pytest.raises(InputError, match=r"'size' must hold .*small, medium.*'giant' in row 60"):
        load_dataset(path, target="y", kind={"size": SIZES})


@pytest.mark.parametrize("levels", [["small"], [], ["a", "a"], ["a", ""], "a:", "big", 3])
def test_what_is_neither_a_kind_nor_levels(levels: Any) -> None:
    with pytest.raises(InputError, match=r"kind must be one of numeric, .*low:high.*'size'"):
        DataOptions(kind={"size": levels})


def test_a_level_without_training_rows_keeps_its_place() -> None:
    table = Table.of(pa.table({"size": [*VALUES, "huge"]}), {"size": tuple(SIZES)})
    x = table.encode(pa.table({"size": [*VALUES, "huge"]}), "x").x
    fit = fitted(table, x, np.arange(2, N, 3))  # large alone
    assert fit is not None
    assert (fit.columns[0].categories, fit.columns[0].fill) == (tuple(SIZES), 2.0)
    assert fit.has_columns_of(table)
    assert Table.from_dict(fit.to_dict()) == fit
