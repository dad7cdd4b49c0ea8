"""The validation split, also as properties that hold for any labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc._errors import InputError
from optuna_dnc.data import split_validation

fractions = st.floats(0.01, 0.99)
seeds = st.integers(0, 2**32 - 1)
# Every class at least twice, in any order, with labels of any of the three types.
labels = st.one_of(
    st.dictionaries(st.integers(-5, 5), st.integers(2, 40), min_size=1),
    st.dictionaries(st.text("abc", max_size=2), st.integers(2, 40), min_size=1),
    st.dictionaries(st.booleans(), st.integers(2, 40), min_size=1),
).flatmap(
    lambda counts: st.permutations([label for label, n in counts.items() for _ in range(n)]).map(
        np.array
    )
)


@given(y=labels, fraction=fractions, seed=seeds)
def test_stratified_split(y: np.ndarray, fraction: float, seed: int) -> None:
    train, val = split_validation(y, fraction=fraction, seed=seed, stratify=True)
    assert train.dtype == val.dtype == np.int64
    assert np.array_equal(np.sort(np.concatenate([train, val])), np.arange(len(y)))
    for label in np.unique(y):
        size, held_out = np.sum(y == label), np.sum(y[val] == label)
        assert 1 <= held_out <= size - 1
        assert abs(held_out - fraction * size) < 1


@given(n=st.integers(2, 300), fraction=fractions, seed=seeds)
def test_split_without_classes(n: int, fraction: float, seed: int) -> None:
    y = np.linspace(0, 1, n)
    train, val = split_validation(y, fraction=fraction, seed=seed, stratify=False)
    assert np.array_equal(np.sort(np.concatenate([train, val])), np.arange(n))
    assert 1 <= len(val) <= n - 1
    assert abs(len(val) - fraction * n) < 1


@given(y=labels, seed=seeds, stratify=st.booleans())
def test_the_same_seed_gives_the_same_split(y, seed, stratify):
    first, second = (split_validation(y, seed=seed, stratify=stratify) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_another_seed_gives_another_split() -> None:
    y = np.zeros(100, dtype=int)
    splits = {tuple(split_validation(y, seed=seed, stratify=True)[1]) for seed in range(5)}
    assert len(splits) == 5


def test_sorted_labels_are_all_in_the_validation_set() -> None:
    y = np.repeat(np.arange(10), 50)
    train, val = split_validation(y, fraction=0.2, seed=0, stratify=True)
    assert np.array_equal(np.bincount(y[val]), [10] * 10)
    assert np.array_equal(np.bincount(y[train]), [40] * 10)


def test_the_split_is_shuffled() -> None:
    _, val = split_validation(np.arange(1000.0), fraction=0.2, seed=0, stratify=False)
    assert 400 < val.mean() < 600


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_fractions_outside_0_and_1(fraction: float) -> None:
    with pytest.raises(InputError, match=r"val_fraction is .*between 0 and 1"):
        split_validation(np.zeros(10), fraction=fraction, seed=0, stratify=False)


def test_negative_seeds() -> None:
    with pytest.raises(InputError, match="seed is -1; it must be an integer of at least 0"):
        split_validation(np.zeros(10), seed=-1, stratify=True)


def test_one_sample_cannot_be_split() -> None:
    with pytest.raises(InputError, match="needs at least two"):
        split_validation(np.zeros(1), seed=0, stratify=False)
