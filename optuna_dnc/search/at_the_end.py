"""Length and time of the steps after the last stage of a search."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from optuna_dnc.data import PreparedData
from optuna_dnc.runs.cross_validation import Fold
from optuna_dnc.runs.records import Record
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.training.permutation_importance import N_REPEATS, feature_groups

MOST_GROUPS = 200
"""Columns up to which the importance of each is computed at the end of a search."""
MOST_ROWS = 2000
"""Validation rows that it is computed with."""

LEAST_TIME_OF_STACK = 1.8
"""Time of a step of five networks at once over that of one, at least: for the smallest."""

MOST_TIME_OF_ENSEMBLE = 0.15
"""Share of the time limit that the training of an ensemble may take."""


def refit_epochs(record: Record, folds: Sequence[Fold] = ()) -> int:
    """Return the number of epochs of the final training on all samples.

    They are those after which the search measured the network: a network that was better after
    fewer epochs than it was trained for would overfit. On other folds, others may have been best:
    then it is their mean.

    Args:
        record: Record of the network.
        folds: Its trainings on other folds.
    """
    if record.training.get("keep") == "last":
        return record.measured.epochs_run
    best = (record.measured.best_epoch, *(fold.best_epoch for fold in folds if fold.best_epoch))
    return round(statistics.fmean(best))


def refit_seconds(record: Record, data: PreparedData, folds: Sequence[Fold] = ()) -> float:
    """Estimate the wall-clock time of the final training on all samples.

    Where several networks were trained at once, that of a single one takes less: between all of it
    and :func:`least_refit_seconds`.
    """
    measured = record.measured
    if not measured.epochs_run:
        return 0.0
    share = refit_epochs(record, folds) / measured.epochs_run
    return measured.train_seconds * share * (data.n_train + data.n_val) / data.n_train


def ensemble_within(
    limit: TimeLimit,
    n_wanted: int,
    record: Record,
    data: PreparedData,
    folds: Sequence[Fold] = (),
) -> tuple[int, float]:
    """Return how many networks the final training makes, and its estimated wall time.

    With a time limit, a single network may take whatever it takes, and an ensemble
    :data:`MOST_TIME_OF_ENSEMBLE` of the limit.

    Args:
        limit: Time limit of the search.
        n_wanted: Number of networks if there is time.
        record: Record of one of them.
        data: The data.
        folds: Trainings of the network on other folds.
    """
    n_at_once = len(data.folds) or 1
    each = refit_seconds(record, data, folds) / n_at_once
    seconds = min(limit.left, MOST_TIME_OF_ENSEMBLE * limit.seconds)
    n_members = max(1, int(min(n_wanted, seconds / each))) if each else n_wanted
    return n_members, each * max(n_members, n_at_once)


def least_refit_seconds(record: Record, data: PreparedData, folds: Sequence[Fold] = ()) -> float:
    """Estimate the shortest wall-clock time of the final training on all samples."""
    return refit_seconds(record, data, folds) / (LEAST_TIME_OF_STACK if data.folds else 1.0)


def seconds_of_tests(record: Record, data: PreparedData, n_tests: int) -> float:
    """Estimate the wall-clock time of so many tests of a network, and of its analysis."""
    measured = record.measured
    if not measured.epochs_run:
        return 0.0
    per_row = measured.eval_seconds / measured.epochs_run / data.n_validated
    n_rows = n_tests * data.n_test
    n_groups = len(feature_groups(data.preprocessing))
    if 0 < n_groups <= MOST_GROUPS:
        n_rows += (n_groups * N_REPEATS + 1) * min(data.n_val, MOST_ROWS) + data.n_test
    return per_row * n_rows
