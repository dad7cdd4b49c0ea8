"""Folds of a cross-validation whose first fold is the validation set of a search."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.column_scaling import Scaling
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.prepared_data import Split
from optuna_dnc.data.preprocessing import Preprocessing
from optuna_dnc.data.split import hold_out, shuffled_ranks, strata
from optuna_dnc.tasks import learning_task

MOST_FOLDS = 5
"""Folds of a cross-validation, the first one included."""


def other_folds(
    dataset: Dataset, *, val_fraction: float, seed: int, scaling: Scaling = "by-kind"
) -> list[Callable[[], Split]]:
    """Return splits that validate on other parts of the training samples than `Split.of`.

    The parts are disjoint and about as large as its validation set. Classes keep their shares,
    groups stay whole, and the statistics of the preprocessing are those of each training part.
    There is no other part if samples are split by time, or if there are too few of them. Each
    split is created when it is called.
    """
    if dataset.times is not None:
        return []
    rows, first = hold_out(
        dataset.y_train,
        fraction=val_fraction,
        seed=seed,
        stratify=learning_task(dataset.task).predicts_labels,
        groups=dataset.groups,
    )
    n_parts = round(len(rows) / len(first))
    n_units = len(rows) if dataset.groups is None else len(np.unique(dataset.groups[rows]))
    if not 0 < n_parts < n_units:
        return []
    part_of = _parts(dataset, rows, n_parts, seed)

    def fold(part: int) -> Split:
        val = rows[part_of == part]
        train = np.setdiff1d(np.union1d(rows, first), val)
        return Split(dataset, train, val, None, Preprocessing.fit(dataset, train, scaling))

    return [partial(fold, part) for part in range(min(n_parts, MOST_FOLDS - 1))]


def _parts(
    dataset: Dataset, rows: NDArray[np.int64], n_parts: int, seed: int
) -> NDArray[np.int64]:
    """Return the number of the part of each row, from 0."""
    y, is_stratified = dataset.y_train[rows], learning_task(dataset.task).predicts_labels
    if dataset.groups is not None:
        from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

        kind = StratifiedGroupKFold if is_stratified else GroupKFold
        folds = kind(n_splits=n_parts, shuffle=True, random_state=seed % 2**32)
        parts = np.zeros(len(rows), dtype=np.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of classes that few groups have
            for part, (_, held_out) in enumerate(
                folds.split(y, strata(y) if is_stratified else None, dataset.groups[rows])
            ):
                parts[held_out] = part
        return parts
    classes = strata(y) if is_stratified else np.zeros(len(y), int)
    sizes = np.bincount(classes)
    starts = np.cumsum(sizes) - sizes
    return np.asarray((starts[classes] + shuffled_ranks(classes, seed)) % n_parts, dtype=np.int64)
