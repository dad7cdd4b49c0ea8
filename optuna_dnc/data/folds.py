"""Cross-validation folds: other splits of the training samples of a search."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.column_scaling import Scaling
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.preparation import Split
from optuna_dnc.data.preprocessing import Preprocessing
from optuna_dnc.data.split import fold_rows, split_rows


def other_folds(
    dataset: Dataset,
    *,
    n_folds: int,
    val_fraction: float,
    seed: int,
    scaling: Scaling = "by-kind",
) -> list[Callable[[], Split]]:
    """Return cross-validation splits with other validation samples than those of `Split.of`.

    The parts are those of `fold_rows`, at most ``n_folds`` with the first, and the
    statistics of the preprocessing are those of each training part. Each split is created when it
    is called.
    """
    kept, first = split_rows(dataset, fraction=val_fraction, seed=seed)
    rows = np.union1d(kept, first)

    def fold(val: NDArray[np.int64]) -> Split:
        train = np.setdiff1d(rows, val)
        return Split(dataset, train, val, None, Preprocessing.fit(dataset, train, scaling))

    parts = fold_rows(dataset, kept, len(first), seed=seed)
    return [partial(fold, part) for part in parts[: n_folds - 1]]


def repeated_folds(
    dataset: Dataset, number: int, *, n_folds: int, val_fraction: float, seed: int
) -> tuple[NDArray[np.int64], ...]:
    """Return other folds of the samples that a search cross-validates on.

    Folds are indices in `PreparedData.pool`, disjoint as those of the search, and drawn anew for
    each repetition, by its ``number`` from 1.
    """
    kept, first = split_rows(dataset, fraction=val_fraction, seed=seed)
    pool = np.concatenate([kept, first])
    in_order = np.argsort(pool)
    rows = pool[in_order]
    parts = fold_rows(dataset, rows, len(first), seed=seed + number)
    return tuple(in_order[np.searchsorted(rows, part)] for part in parts[:n_folds])
