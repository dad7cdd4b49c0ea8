"""Tests of warnings of values that hardly mean what they say."""

import warnings

import numpy as np
import pandas as pd
import pytest

from optuna_dnc.data import load_dataset, prepare
from optuna_dnc.data.class_balance import class_warnings

N = 60


def _frame(**columns: object) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=N)
    return pd.DataFrame({"x": x, "y": np.where(x > 0, "high", "low")}).assign(**columns)


@pytest.mark.parametrize(("code", "dtype"), [(-999, int), (9999, float), (-99, "Int64")])
def test_a_number_that_may_mean_missing_is_named(code: int, dtype: object) -> None:
    values = pd.Series([code] * 5 + list(range(20, 75))).astype(dtype)
    with pytest.warns(UserWarning, match=rf"missing value in 'age' \({code} in 5 rows\)"):
        load_dataset(_frame(age=values), target="y")


def test_spellings_of_a_category_are_named() -> None:
    with pytest.warns(UserWarning, match=r"in 'smoker' \('Yes', 'yes'\)"):
        load_dataset(_frame(smoker=["Yes", "no", "yes"] * (N // 3)), target="y")


def test_spellings_of_a_class_are_named_once() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = load_dataset(_frame(smoker=["Yes", "no", "yes"] * (N // 3)), target="smoker")
    (found,) = class_warnings(prepare(data))
    assert found.startswith("Classes 'Yes' and 'yes' differ only in their case")


def test_other_columns_are_not_doubted() -> None:
    frame = _frame(
        age=[99, *range(41, 100)],  # close to the others
        code=[999] * 2 + list(range(N - 2)),  # two rows only
        flag=[True, False] * (N // 2),
        level=["a", "b", "c"] * (N // 3),
        score=[0, 999] * (N // 2),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_dataset(frame, target="y")
