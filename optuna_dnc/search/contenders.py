"""Leading networks that the validation samples cannot tell apart."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from optuna_dnc.data import PreparedData
from optuna_dnc.objectives.score import standard_error
from optuna_dnc.runs.cross_validation import CrossValidation
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.training.scoring import Scorer

MOST_NETWORKS = 6
"""Networks to cross-validate at most."""

WITHIN = 2.0
"""Standard errors of the best network's error within which others may be as good."""

LEAST_NOISE = 0.05
"""Share of error and cost that the standard error must reach: below it there is little to win."""

SHARE_OF_TIME = 0.15
"""Share of the time limit that a cross-validation may take."""

SHARE_OF_EPOCHS = 0.25
"""The same without a time limit, as a share of the epochs that the search has trained."""

_MARGIN = 1.2
"""Time planned for a training over that of its trial, which may have stopped earlier."""


def contenders(ledger: Ledger, data: PreparedData) -> list[Record]:
    """Return the networks that may be as good as the one with the lowest loss, which is the first.

    Each network counts once, with its best training: trainings of one network differ less than
    networks do. Repeated cross-validations tell these apart, too, so that there each training
    counts.
    """
    leaders = [record for record in ledger.ranked if record.measured.is_usable]
    if not leaders:
        return []
    best = leaders[0]
    is_share = Scorer.of(data).metric.worst <= 1
    noise = standard_error(best.measured.error, data.n_validated, is_share=is_share)
    least = 10**best.loss
    if noise < LEAST_NOISE * least:
        return []
    found: dict[str, Record] = {}
    for record in leaders:
        if 10**record.loss <= least + WITHIN * noise:
            network = json.dumps(record.config, sort_keys=True)
            found.setdefault(record.key if data.folds else network, record)
    return list(found.values())[:MOST_NETWORKS]


def affordable(
    records: Sequence[Record],
    n_folds: int,
    known: CrossValidation,
    n_epochs: float,
    seconds: float,
) -> list[Record]:
    """Return as many of the first networks as can be trained on all folds; none if only one can.

    Args:
        records: Networks, best first.
        n_folds: Folds to train on.
        known: Trainings of earlier runs, which take no more time.
        n_epochs: Number of epochs that the search has trained.
        seconds: Time for it; infinity for a number of epochs that suits that of the search.
    """
    for count in range(len(records), 1, -1):
        first = list(records[:count])
        if math.isinf(seconds):
            of_each = sum(record.measured.epochs_run for record in first)
            fits = n_folds * of_each <= SHARE_OF_EPOCHS * n_epochs
        else:
            fits = seconds_for(first, n_folds, known) <= seconds
        if fits:
            return first
    return []


def seconds_for(
    records: Sequence[Record], n_folds: int, known: CrossValidation, margin: float = _MARGIN
) -> float:
    """Estimate the time of a cross-validation.

    The weights of a network that is chosen instead of the first are trained once more.

    Args:
        records: Networks.
        n_folds: Folds to train on.
        known: Trainings of earlier runs, which take no more time.
        margin: Time planned for a training over that of its trial.
    """
    if not records:
        return 0.0
    each = [
        max(record.seconds, record.measured.train_seconds + record.measured.eval_seconds)
        for record in records
    ]
    n_left = [max(n_folds - len(known.of(record.key)), 0) for record in records]
    trainings = sum(n * seconds for n, seconds in zip(n_left, each, strict=True))
    return margin * (trainings + max(each))
