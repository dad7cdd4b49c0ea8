"""Folds besides the validation set of a search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from optuna_dnc.data import Dataset, prepare
from optuna_dnc.data.preparation import Split, other_folds, repeated_folds


@pytest.fixture
def dataset() -> Dataset:
    y = np.repeat([0, 1, 2], [100, 60, 40])
    x = np.random.default_rng(0).normal(size=(len(y), 3)).astype(np.float32)
    return Dataset("three classes", x, y, x[:0], y[:0], "classification")


def folds_of(dataset: Dataset, fraction: float = 0.2) -> list[Split]:
    """The split of a search, and the other folds."""
    first = Split.of(dataset, val_fraction=fraction, seed=3)
    others = other_folds(dataset, n_folds=5, val_fraction=fraction, seed=3)
    return [first, *(fold() for fold in others)]


def test_they_and_the_validation_set_have_each_sample_once(dataset: Dataset) -> None:
    folds = folds_of(dataset)
    assert sorted(np.concatenate([fold.val for fold in folds])) == list(range(200))
    assert [len(fold.val) for fold in folds] == [40] * 5
    for fold in folds:
        assert sorted([*fold.train, *fold.val]) == list(range(200))


def test_classes_keep_their_shares(dataset: Dataset) -> None:
    for fold in folds_of(dataset):
        assert np.bincount(dataset.y_train[fold.val]).tolist() == [20, 12, 8]


def test_statistics_are_those_of_the_training_part(dataset: Dataset) -> None:
    first, second, *_ = folds_of(dataset)
    assert second.preprocessing.x_mean != first.preprocessing.x_mean
    expected = dataset.x_train[second.train].mean(axis=0)
    assert second.preprocessing.x_mean == pytest.approx(expected, rel=1e-4)


def test_groups_stay_whole(dataset: Dataset) -> None:
    groups = np.arange(200) % 20
    folds = folds_of(replace(dataset, groups=groups))
    assert len(folds) == 5
    for fold in folds:
        assert not set(groups[fold.train]) & set(groups[fold.val])


def test_a_small_validation_set_has_no_more_than_five(dataset: Dataset) -> None:
    assert [len(fold.val) for fold in folds_of(dataset, 0.1)] == [20] * 5


@pytest.mark.parametrize("n_groups", [2, 3])
def test_few_groups_have_none(dataset: Dataset, n_groups: int) -> None:
    assert len(folds_of(replace(dataset, groups=np.arange(200) % n_groups))) <= 2


def test_samples_that_are_split_by_time_have_none(dataset: Dataset) -> None:
    times = np.arange(200, dtype=np.float64)
    assert other_folds(replace(dataset, times=times), n_folds=5, val_fraction=0.2, seed=0) == []


def test_prepared_folds_validate_each_sample_once(dataset: Dataset) -> None:
    data = prepare(dataset, seed=3, n_folds=5)
    assert sorted(torch.cat(data.folds).tolist()) == list(range(200))
    assert torch.equal(data.pool.x[data.folds[0]], data.val.x)
    assert data.n_validated == 200
    for part, fold in zip(data.validated, folds_of(dataset), strict=True):
        assert sorted(part.y.tolist()) == sorted(dataset.y_train[fold.val].tolist())


def test_fewer_prepared_folds_leave_samples_out(dataset: Dataset) -> None:
    data = prepare(dataset, seed=3, n_folds=3)
    assert [len(fold) for fold in data.folds] == [40] * 3
    assert data.n_validated == 120


def test_data_that_say_which_samples_validate_have_no_folds(dataset: Dataset) -> None:
    held_out = np.arange(200) % 4 == 0
    data = prepare(replace(dataset, held_out=held_out), n_folds=5)
    assert data.folds == ()
    assert data.n_validated == data.n_val == 50


def test_repetitions_divide_the_same_samples_otherwise(dataset: Dataset) -> None:
    data = prepare(dataset, seed=3, n_folds=5)
    repeats = [
        repeated_folds(dataset, number, n_folds=5, val_fraction=0.2, seed=3) for number in (1, 2)
    ]
    divisions = [{frozenset(fold.tolist()) for fold in folds} for folds in (data.folds, *repeats)]
    assert [len(folds) for folds in divisions] == [5, 5, 5]
    assert len(frozenset.union(*map(frozenset, divisions))) == 15
    for folds in repeats:
        assert sorted(np.concatenate(folds)) == list(range(200))
        for fold in folds:
            assert torch.bincount(data.pool.y[fold]).tolist() == [20, 12, 8]
