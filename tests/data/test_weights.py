"""Weights of samples, and samples that are held out by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, load_dataset, prepare


@pytest.fixture
def dataset() -> Dataset:
    x = np.random.default_rng(0).normal(size=(40, 3))
    return load_dataset((x, np.arange(40) % 2))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (np.ones(40, dtype=np.float32), "float32"),
        (np.ones(39), r"\(39,\).*40 training"),
        (np.where(np.arange(40) == 3, -1.0, 1.0), r"at least 0, got -1\.0 in row 3"),
        (np.where(np.arange(40) == 5, np.nan, 1.0), "finite.*nan in row 5"),
        (np.zeros(40), "all zero"),
        ((np.arange(40) % 2).astype(float), "one class only, 1"),
    ],
)
def test_weights_are_checked(dataset: Dataset, weights: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(dataset, weights=weights)


def test_weights_are_part_of_the_fingerprint_only_if_there_are_some(dataset: Dataset) -> None:
    weighted = replace(dataset, weights=np.linspace(1, 2, 40))
    held_out = replace(dataset, held_out=np.arange(40) < 8)
    prints = {dataset.fingerprint(), weighted.fingerprint(), held_out.fingerprint()}
    assert len(prints) == 3
    assert dataset.fingerprint() == replace(weighted, weights=None).fingerprint()


def test_a_subset_keeps_the_weights_of_its_samples(dataset: Dataset) -> None:
    weighted = replace(dataset, weights=np.arange(1.0, 41))
    limited = load_dataset(weighted, max_train=10)
    assert limited.weights is not None
    rows = [int(np.flatnonzero((dataset.x_train == x).all(axis=1))[0]) for x in limited.x_train]
    assert limited.weights.tolist() == [row + 1.0 for row in rows]


def test_held_out_samples_validate(dataset: Dataset) -> None:
    held_out = np.arange(40) >= 30
    data = prepare(replace(dataset, held_out=held_out))
    assert data.n_val == 10
    assert data.val.y.tolist() == dataset.y_train[held_out].tolist()
    assert data.preprocessing.x_mean == pytest.approx(dataset.x_train[:30].mean(axis=0))


@pytest.mark.parametrize(
    ("held_out", "said"),
    [
        (np.ones(40, dtype=bool), "no samples to train on"),
        (np.zeros(40, dtype=bool), "no samples to validate with"),
        (np.zeros(40), "must be booleans"),
    ],
)
def test_what_is_held_out_is_checked(dataset: Dataset, held_out: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(dataset, held_out=held_out)
