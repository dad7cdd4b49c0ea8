"""Random splits and subsets of samples, stratified by class."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_INT
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.multilabel import strata_of
from optuna_dnc.tasks import learning_task


def split_validation(
    y: NDArray[Any], *, fraction: float = 0.2, seed: int, stratify: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the validation samples at random, so that the order of the data does not matter.

    y: (N,) labels, (N, labels) of several yes/no labels, or (N, ...) targets when not stratified.
    With `stratify` every class gives `fraction` of its samples, rounded, but keeps at least one on
    each side if it has two; of several labels, those with rare values do first.

    Returns sorted indices (n_train,) and (n_val,) int64, disjoint and together all of 0..N-1.
    """
    if not 0 < fraction < 1:
        raise InputError(
            f"val_fraction is {shown(fraction)}; it must lie between 0 and 1, for example 0.2."
        )
    n = len(y)
    if n < 2:
        raise InputError(f"y has {n} samples; a validation split needs at least two.")
    groups = strata(y) if stratify else np.zeros(n, dtype=np.int64)
    sizes = np.bincount(groups)
    held_out = np.clip(np.rint(fraction * sizes), 1, sizes - 1)  # a class of one stays in training
    validation = shuffled_ranks(groups, seed) < held_out[groups]
    return np.flatnonzero(~validation), np.flatnonzero(validation)


def hold_out(
    y: NDArray[Any],
    *,
    fraction: float,
    seed: int,
    stratify: bool,
    groups: NDArray[np.int64] | None = None,
    times: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold rows out by groups or by time, or else as `split_validation` does.

    groups: (N,) number of each row's group, from 0; a group is held out as a whole, and with
    `stratify` classes keep their shares as well as groups allow. times: (N,); the latest rows are
    held out, and rows of equal time stay together.

    Returns sorted indices of the rows that are kept and of those that are held out.
    """
    if groups is None and times is None:
        return split_validation(y, fraction=fraction, seed=seed, stratify=stratify)
    held_out = _latest(times, fraction) if times is not None else None
    if held_out is None:
        assert groups is not None
        held_out = _whole_groups(y, groups, fraction, seed, stratify=stratify)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _latest(times: NDArray[np.float64], fraction: float) -> NDArray[np.bool_]:
    ordered = np.sort(times)
    border = ordered[min(len(times) - 1, round((1 - fraction) * len(times)))]
    held_out: NDArray[np.bool_] = times >= border
    if held_out.all():
        held_out = times > border
    if not held_out.any():
        raise InputError(
            "time_split: all rows have the same time; give a column in which times differ."
        )
    return held_out


def _whole_groups(
    y: NDArray[Any], groups: NDArray[np.int64], fraction: float, seed: int, *, stratify: bool
) -> NDArray[np.bool_]:
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise InputError(
            f"group: there is {n_groups} group; give a column with at least two, so that one can "
            "be held out."
        )
    n_folds = int(np.clip(round(1 / fraction), 2, n_groups))
    folds = _folds_of_groups(y, groups, n_folds, seed, stratify=stratify)
    held_out: NDArray[np.bool_] = folds == 0
    for column in y.reshape(len(y), -1).T if stratify else ():
        lost = np.setdiff1d(column, column[~held_out])
        if lost.size:
            raise InputError(
                f"group: all rows of class {lost[0].item()!r} are in the groups that are held "
                "out; give finer groups, or another seed."
            )
    return held_out


def _folds_of_groups(
    y: NDArray[Any], groups: NDArray[np.int64], n_folds: int, seed: int, *, stratify: bool
) -> NDArray[np.int64]:
    """Return the number of the fold of each row, from 0; groups stay whole."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    kind = StratifiedGroupKFold if stratify else GroupKFold
    splits = kind(n_splits=n_folds, shuffle=True, random_state=seed % 2**32)
    folds = np.zeros(len(y), dtype=np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes that few groups have
        for fold, (_, rows) in enumerate(splits.split(y, strata(y) if stratify else None, groups)):
            folds[rows] = fold
    return folds


def strata(y: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number from 0 for each row of labels, (N,) or (N, labels), by which to split."""
    if y.ndim == 2:
        return strata_of(y)
    return np.asarray(np.unique(y, return_inverse=True)[1], dtype=np.int64)


def shuffled_ranks(groups: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Number the members of each group 0, 1, ... in random order.

    groups: (N,) group index of each sample, int64 from 0. Returns (N,) int64.
    """
    if not isinstance(seed, Integral) or not 0 <= int(seed) <= LARGEST_INT:
        raise InputError(
            f"seed is {shown(seed)}; it must be an integer of at least 0 and below 2**63."
        )
    n = len(groups)
    order = np.random.default_rng(seed).permutation(n)
    order = order[np.argsort(groups[order], kind="stable")]  # by group, shuffled within
    sizes = np.bincount(groups)
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(n, dtype=np.int64)
    ranks[order] = np.arange(n) - starts[groups[order]]
    return ranks


def split_rows(
    dataset: Dataset, *, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sorted rows of the samples that are trained on and of those that validate.

    A data set that says which samples validate is split by that, others by `hold_out`. Samples of
    weight 0 are left out.
    """
    counted = dataset.counted
    if dataset.held_out is not None:
        held_out = dataset.held_out[counted]
        return counted[~held_out], counted[held_out]
    train, val = hold_out(
        dataset.y_train[counted],
        fraction=fraction,
        seed=seed,
        stratify=learning_task(dataset.task).predicts_labels,
        groups=None if dataset.groups is None else dataset.groups[counted],
        times=None if dataset.times is None else dataset.times[counted],
    )
    return counted[train], counted[val]


def fold_rows(
    dataset: Dataset, train: NDArray[np.int64], n_val: int, *, seed: int
) -> list[NDArray[np.int64]]:
    """Divide the training rows of a split into parts, for a cross-validation.

    The validation set of the split is the first fold of the cross-validation; the parts are the
    others, disjoint and about as large. Classes keep their shares, and groups stay whole.

    train: sorted rows of the samples that are trained on; n_val: number of those that validate.

    Returns the sorted rows of each part. There are none if the data set says which samples
    validate, if samples are split by time, or if there are too few.
    """
    if dataset.times is not None or dataset.held_out is not None:
        return []
    n_parts = round(len(train) / n_val)
    n_units = len(train) if dataset.groups is None else len(np.unique(dataset.groups[train]))
    if not 0 < n_parts < n_units:
        return []
    part_of = _parts(dataset, train, n_parts, seed)
    return [train[part_of == part] for part in range(n_parts)]


def _parts(
    dataset: Dataset, rows: NDArray[np.int64], n_parts: int, seed: int
) -> NDArray[np.int64]:
    """Return the number of the part of each row, from 0."""
    y, is_stratified = dataset.y_train[rows], learning_task(dataset.task).predicts_labels
    if dataset.groups is not None:
        groups = dataset.groups[rows]
        return _folds_of_groups(y, groups, n_parts, seed, stratify=is_stratified)
    classes = strata(y) if is_stratified else np.zeros(len(y), int)
    sizes = np.bincount(classes)
    starts = np.cumsum(sizes) - sizes
    return np.asarray((starts[classes] + shuffled_ranks(classes, seed)) % n_parts, dtype=np.int64)


def limit_train(dataset: Dataset, max_train: int, *, seed: int) -> Dataset:
    """Return the data set with at most `max_train` training samples, drawn at random.

    Every class keeps its share, and at least the two samples that a validation split needs.
    """
    groups = np.zeros(dataset.n_train, dtype=np.int64)
    if learning_task(dataset.task).predicts_labels:
        groups = np.unique(strata(dataset.y_train), return_inverse=True)[1]
    n_groups = int(groups.max(initial=0)) + 1
    if not isinstance(max_train, Integral) or max_train < 1:
        raise InputError(f"max_train is {shown(max_train)}; it must be at least 1.")
    if max_train >= dataset.n_train:
        return dataset
    if max_train < 2 * n_groups:
        raise InputError(
            f"max_train is {shown(max_train)}; {dataset.name} needs at least {2 * n_groups}, "
            "two training samples of each class."
        )
    quota = _quotas(np.bincount(groups), max_train)
    kept = np.flatnonzero(shuffled_ranks(groups, seed) < quota[groups])
    return dataset.subset(kept)


def _quotas(sizes: NDArray[np.int64], total: int) -> NDArray[Any]:
    """Return how many to draw of each group, (n_groups,) int64: two, then by largest remainder."""
    least = np.minimum(2, sizes)  # strata of several labels may be of one row
    more = sizes - least
    quota, remainder = np.divmod(more * (total - least.sum()), more.sum())
    short = total - int((quota + least).sum())
    quota[np.argsort(-remainder, kind="stable")[:short]] += 1
    return np.asarray(quota + least)
