"""Searches on data that have no test set, and warnings on their classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError, load_dataset
from optuna_dnc.data import prepare
from optuna_dnc.objectives import Score
from optuna_dnc.report import formats
from optuna_dnc.runs import search_status
from optuna_dnc.search import SearchResult


def test_two_arrays_are_data_without_a_test_set(arrays: tuple[np.ndarray, ...]) -> None:
    dataset = load_dataset(arrays[:2])
    assert not dataset.has_test
    assert (dataset.n_train, dataset.n_test) == (150, 0)
    data = prepare(dataset)
    assert (data.n_train + data.n_val, data.n_test) == (150, 0)
    assert load_dataset(arrays[:2], max_train=90).n_train == 90


def test_an_empty_test_set_is_an_error_all_the_same(arrays: tuple[np.ndarray, ...]) -> None:
    x, y = arrays[:2]
    with pytest.raises(InputError, match=r"xte is empty: its shape is \(0, 5\)"):
        load_dataset((x, y, x[:0], y[:0]))
    with pytest.raises(InputError, match="the data have 3 parts"):
        load_dataset((x, y, x))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_search_needs_no_test_set(
    search: Any, arrays: tuple[np.ndarray, ...], task: str
) -> None:
    x, y = arrays[:2]
    y = y if task == "classification" else y + x[:, 0] / 2
    result = search(data=(x, y), epochs=8, lr=0.01).run()  # so many that it learns
    assert result.best.test_error is None
    assert result.best.test_accuracy is None
    assert result.best.val_error < 1
    assert SearchResult.load(result.path).best == result.best
    assert search_status(result.path).saved.test_error is None
    assert result.predict(x).shape == (150,)


def test_what_was_not_tested_is_told_so() -> None:
    assert formats.tested(None) == "no test set"
    assert formats.tested(Score.of_error(0.1, "classification")) == "test acc 0.9000"
    assert formats.tested(Score.of_error(0.25, "regression")) == "test R2 0.7500"
    assert formats.tested(Score(0.3, "rmse", 12.345, None)) == "test RMSE 12.35"


def test_rare_and_uneven_classes_are_told_as_the_search_starts(
    search: Any, arrays: tuple[np.ndarray, ...]
) -> None:
    x, y = arrays[:2]
    y = np.where(np.arange(150) < 4, 7, y)
    events: list[Any] = []
    search(data=(x, y), on_event=events.append, timeout=1e-6).run()
    rare, uneven = events[0].warnings
    assert "Class 7 has fewer than 10 training samples" in rare
    assert "times as many samples" in uneven
