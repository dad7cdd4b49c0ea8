"""Tests of what is said of targets that cannot be used as they are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.data.tables.summary import column_lines

N = 60


def _frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"x": np.random.default_rng(0).normal(size=N)}).assign(**columns)


def _message(frame: pd.DataFrame, target: str | Sequence[str]) -> str:
    with pytest.raises(InputError) as caught:
        load_dataset(frame, target=target)
    return str(caught.value)


def test_labels_in_several_notations_are_told_from_other_strings() -> None:
    half = N // 2
    frame = _frame(spam=["Yes", "No"] * half, rude=["y", "n"] * half, size=["S", "M"] * half)
    assert "several notations, 'No', 'Yes' in 'spam', 'n', 'y' in 'rude'" in _message(
        frame, ["spam", "rude"]
    )
    assert "not yes or no, such as 'M' in 'size'" in _message(frame, ["spam", "size"])


def test_whole_floats_are_asked_about_with_both_options() -> None:
    frame = _frame(y=[0.0, 1.0, 2.0] * (N // 3))
    message = _message(frame, "y")
    assert "task='classification'" in message
    assert "task='regression'" in message
    assert list(load_dataset(frame, target="y", task="classification").classes) == [0, 1, 2]


def test_numbers_with_a_unit_are_told_how_to_become_targets() -> None:
    frame = _frame(y=[f"{i}.5 EUR" for i in range(N)])
    assert "task='regression'" in _message(frame, "y")
    assert load_dataset(frame, target="y", task="regression").y_train[1] == 1.5


def test_one_column_is_in_the_singular() -> None:
    table = load_dataset(_frame(y=["a", "b"] * (N // 2)), target="y").table
    assert table is not None
    assert column_lines(table)[0] == "1 of 1 column becomes 1 input:"
