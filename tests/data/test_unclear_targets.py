"""Targets that may be classes or quantities, and those that are not supported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.checks import check
from optuna_dnc.data import load_dataset
from optuna_dnc.data.label_checks import MOST_WHOLE_CLASSES

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
FRAME = pd.DataFrame(X, columns=["a", "b"])
AGES = 18 + np.arange(N) % 43


def in_arrays(y: Any, folder: Path, **options: Any) -> Any:
    return load_dataset((X, y), **options)


def beside_a_mixed_frame(y: Any, folder: Path, **options: Any) -> Any:
    return load_dataset((FRAME.assign(c=["x", "y", "z"] * (N // 3)), y), **options)


def in_a_frame(y: Any, folder: Path, **options: Any) -> Any:
    return load_dataset(FRAME.assign(y=y), target="y", **options)


def in_a_file(y: Any, folder: Path, **options: Any) -> Any:
    FRAME.assign(y=y).to_csv(folder / "t.csv", index=False)
    return load_dataset(folder / "t.csv", target="y", **options)


SOURCES = [in_arrays, beside_a_mixed_frame, in_a_frame, in_a_file]


@pytest.mark.parametrize("load", SOURCES)
def test_many_integers_may_be_classes_or_quantities(
    load: Callable[..., Any], tmp_path: Path
) -> None:
    both = r"43 different integers, 18 to 60; give task='classification' .*task='regression'"
    with pytest.raises(InputError, match=both):
        load(AGES, tmp_path)
    assert load(AGES, tmp_path, task="regression").n_outputs == 1
    assert load(AGES, tmp_path, task="classification").n_outputs == 43


@pytest.mark.parametrize("load", SOURCES)
@pytest.mark.parametrize(
    "y",
    [
        18 + np.arange(N) % MOST_WHOLE_CLASSES,
        np.arange(N) % 43,
        1 + np.arange(N) % 43,
        AGES.astype(str).astype(object) + " years",
    ],
    ids=["few", "from 0", "from 1", "strings"],
)
def test_classes_are_told_without_a_question(
    load: Callable[..., Any], y: Any, tmp_path: Path
) -> None:
    assert load(y, tmp_path).task == "classification"


def test_the_check_asks_too() -> None:
    with pytest.raises(InputError, match="43 different integers"):
        check((X, AGES))
    assert check((X, AGES), task="regression").task == "regression"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[1, 2]] * N, r"the target 'y' holds lists .* one yes/no column for each label"),
        (pd.date_range("2020", periods=N), r"the target 'y' holds timestamp.* not supported"),
        ([None] * N, "the target y has missing values: 300 of 300"),
    ],
    ids=["lists", "dates", "missing"],
)
def test_columns_that_cannot_be_predicted(values: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_dataset(FRAME.assign(y=values), target="y")
    assert "\n" not in str(caught.value)


def test_durations_are_predicted_in_seconds() -> None:
    dataset = load_dataset(FRAME.assign(y=pd.to_timedelta(np.arange(N), unit="min")), target="y")
    assert dataset.task == "regression"
    np.testing.assert_array_equal(np.ravel(dataset.y_train), 60 * np.arange(N))


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.full(N, 1j), "ytr holds complex128; .* real and imaginary part as two targets"),
        (pd.date_range("2020", periods=N), "ytr holds datetime64.*a number of days or seconds"),
        (X.astype(int), r"ytr has shape \(300, 2\); .* with more classes search one at a time"),
        ([[1], [1, 2]] * (N // 2), "ytr cannot be read as one array"),
        (np.full(N, np.nan), "ytr holds values that are NaN or infinite: 300 in all"),
    ],
    ids=["complex", "dates", "several", "lists", "missing"],
)
def test_arrays_that_cannot_be_predicted(y: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_dataset((X, y))
    assert "\n" not in str(caught.value)


def test_a_column_of_lists_can_be_dropped() -> None:
    table = FRAME.assign(tags=[["x"]] * N, y=AGES > 40)
    with pytest.raises(InputError, match="column 'tags' holds lists or records"):
        load_dataset(table, target="y")
    assert load_dataset(table, target="y", drop="tags").feature_names == ("a", "b")
