"""Fewer training samples on request."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset


def test_classes_keep_their_shares(arrays: dict[str, Any]) -> None:
    small = load_dataset(arrays, max_train=30)
    assert np.array_equal(np.bincount(small.y_train), [10, 10, 10])
    assert np.array_equal(small.x_test, arrays["xte"])


def test_rows_and_labels_stay_together(arrays: dict[str, Any]) -> None:
    arrays["xtr"][:, 0] = arrays["ytr"]
    small = load_dataset(arrays, max_train=17)
    assert np.array_equal(small.x_train[:, 0], small.y_train)


@pytest.mark.parametrize("max_train", range(6, 60))
def test_exactly_as_many_as_asked_and_two_of_each_class(
    arrays: dict[str, Any], max_train: int
) -> None:
    arrays["ytr"] = np.repeat([0, 1, 2], [2, 13, 45])
    counts = np.bincount(load_dataset(arrays, max_train=max_train).y_train)
    assert counts.sum() == max_train
    assert counts.min() >= 2


def test_all_are_used_where_there_are_no_more(arrays: dict[str, Any]) -> None:
    dataset = load_dataset(arrays)
    assert load_dataset(dataset, max_train=60) is dataset
    assert load_dataset(dataset, max_train=10**9) is dataset


def test_the_seed_decides(arrays: dict[str, Any]) -> None:
    drawn = [load_dataset(arrays, max_train=20, seed=s).fingerprint() for s in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_regression(targets: dict[str, Any]) -> None:
    assert load_dataset(targets, max_train=7).n_train == 7


def test_too_few(arrays: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="max_train is 0; it must be at least 1"):
        load_dataset(arrays, max_train=0)
    with pytest.raises(InputError, match="max_train is 5; arrays needs at least 6"):
        load_dataset(arrays, max_train=5)
