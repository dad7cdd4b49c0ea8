"""Values that differ by rounding alone are one, and others are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.checks.features import check_constant_features
from optuna_dnc.data import Dataset, Preprocessing, load_dataset
from optuna_dnc.data.rounding import within_rounding

N = 60
LABELS = np.arange(N) % 2
RNG = np.random.default_rng(0)
THREE = [0.3, 0.1 * 3]


def frame(column: Any) -> pd.DataFrame:
    return pd.DataFrame({"size": RNG.normal(size=N), "column": column})


def inputs(data: Dataset, x: Any) -> np.ndarray:
    return Preprocessing.fit(data, np.arange(N)).transform(x).numpy()


@pytest.mark.parametrize(
    ("low", "high", "dtype", "same"),
    [
        (0.3, 0.1 * 3, np.float64, True),
        (sum([0.1] * 100), 10.0, np.float64, True),
        (-1e300, -1e300 * (1 + 2e-16), np.float64, True),
        (2.0**60, 2.0**60 + 256, np.float64, True),
        (10**18, 10**18 + 100, np.int64, True),
        (2015, 2024, np.float16, False),
        (8_388_600, 8_388_607, np.float32, False),
        (10**15, 10**15 + 1, np.float64, False),
        (10**15, 10**15 + 1, np.int64, False),
        (-1.7e308, 1.7e308, np.float64, False),
        (1.0, np.inf, np.float64, False),
    ],
)
def test_what_differs_by_rounding(low: float, high: float, dtype: Any, same: bool) -> None:
    assert bool(within_rounding(low, high, dtype)) is same


@pytest.mark.parametrize(
    "values",
    [THREE, [1.0, sum([0.1] * 10), 1.0 + 2**-52], np.array([0.3, 0.30000004], np.float32)],
    ids=["two", "three", "float32"],
)
def test_a_column_of_a_table_that_is_one_but_for_rounding_is_left_out(values: Any) -> None:
    data = load_dataset((frame(np.resize(values, N)), LABELS))
    assert data.table is not None
    assert [column.kind for column in data.table.columns] == ["numeric", "constant"]


def test_with_gaps_only_these_are_seen() -> None:
    column = np.resize([*THREE, np.nan], N)
    data = load_dataset((frame(column), LABELS))
    x = frame(1.03 * column)
    assert data.feature_names == ("size", "column", "column is missing")
    got = inputs(data, x)
    assert not got[:, 1].any()
    assert np.array_equal(got[:, 2], np.isnan(column))


def test_integers_of_a_table_are_exact() -> None:
    data = load_dataset((frame(np.resize([10**18, 10**18 + 1], N)), LABELS))
    assert data.table is not None
    assert data.table.columns[1].kind == "binary"


def test_years_in_half_precision_are_features() -> None:
    x = np.column_stack([np.resize(np.arange(2015, 2025), N), LABELS]).astype(np.float16)
    assert len(np.unique(inputs(load_dataset((x, LABELS)), x)[:, 0])) == 10


def test_the_check_reports_them_as_constant() -> None:
    x = np.column_stack([RNG.normal(size=N), np.resize(THREE, N)])
    finding = check_constant_features(load_dataset((x, LABELS)))
    assert finding.details["features"] == [1]


def test_targets_that_are_one_but_for_rounding_are_refused() -> None:
    with pytest.raises(InputError, match="holds the same target in every row"):
        load_dataset((RNG.normal(size=(N, 2)), np.resize(THREE, N)))


def test_their_logarithms_are_not_learned_either() -> None:
    y = np.column_stack([np.resize(THREE, N), RNG.random(N)])
    data = load_dataset((RNG.normal(size=(N, 2)), y))
    trained = Preprocessing.fit(data, np.arange(N), target_transform="log")
    assert [log is None for log in trained.y_logs] == [True, False]
