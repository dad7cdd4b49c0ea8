"""Fewer training samples, for quick trials."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.split import shuffled_ranks


def limit_train(dataset: Dataset, max_train: int, *, seed: int) -> Dataset:
    """The data set with `max_train` training samples (all, if it has no more) drawn at random.

    Every class keeps its share, and at least the two samples that a validation split needs.
    """
    n_groups = 1 if dataset.classes is None else len(dataset.classes)
    if not isinstance(max_train, Integral) or max_train < 1:
        raise InputError(f"max_train is {shown(max_train)}; it must be at least 1.")
    if max_train >= dataset.n_train:
        return dataset
    if max_train < 2 * n_groups:
        raise InputError(
            f"max_train is {shown(max_train)}; {dataset.name} needs at least {2 * n_groups}, "
            "two training samples of each class."
        )
    if dataset.classes is None:
        groups = np.zeros(dataset.n_train, dtype=np.int64)
    else:
        groups = np.searchsorted(dataset.classes, dataset.y_train)
    quota = _quotas(np.bincount(groups), max_train)
    kept = np.flatnonzero(shuffled_ranks(groups, seed) < quota[groups])
    return replace(dataset, x_train=dataset.x_train[kept], y_train=dataset.y_train[kept])


def _quotas(sizes: NDArray[np.int64], total: int) -> NDArray[Any]:
    """How many to take of each group, (n_groups,) int64: two, then by largest remainder."""
    quota, remainder = np.divmod((sizes - 2) * (total - 2 * len(sizes)), (sizes - 2).sum())
    short = total - int((quota + 2).sum())
    quota[np.argsort(-remainder, kind="stable")[:short]] += 1
    return quota + 2
