"""Choice between leading networks by cross-validation, after the last stage of a search."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from optuna_dnc.data import PreparedData
from optuna_dnc.objectives import is_out_of_memory, penalized_loss
from optuna_dnc.runs.cross_validation import Fold
from optuna_dnc.runs.folder import sealed_summary
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.events import Event, FoldDone
from optuna_dnc.training import FitResult, TrainingConfig, train_network

FEWEST_FOLDS = 2
"""Folds of a comparison at least, besides the validation set, if time is up."""


def cross_validate(
    context: SearchContext, studies: Studies, emit: Callable[[Event], None]
) -> None:
    """Train the leading networks on other folds, and choose one of them.

    On few validation samples, the best of many networks is partly the luckiest. Another one with
    the lowest mean loss replaces it if the difference is larger than its standard error. Each
    training is stored with the studies, so that none is repeated when the search is resumed.

    Args:
        context: State of the search. From then on, the best of its ledger is the chosen network.
        studies: Studies of the search.
        emit: Called with each event.
    """
    networks = [] if _has_ended_before(context) else context.to_compare()
    if not networks:
        return
    try:
        _train(context, studies, emit, networks)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    _choose(context, studies, networks)


def _has_ended_before(context: SearchContext) -> bool:
    """Return whether the search was complete, and has no trials since."""
    summary = sealed_summary(context.folder)
    if summary is None or not summary["complete"]:
        return False
    n_trials = sum(stage["n_trials"] for stage in summary["stages"])
    return bool(n_trials == len(context.ledger.records))


def _train(
    context: SearchContext,
    studies: Studies,
    emit: Callable[[Event], None],
    networks: Sequence[Record],
) -> None:
    """Train all networks on a fold, then on the next one, until time is up."""
    ledger, done = context.ledger, 0
    for number, fold in enumerate(context.folds):
        data: PreparedData | None = None
        for record in networks:
            if len(ledger.cross_validation.of(record.key)) <= number:
                context.pause.check()
                data = fold() if data is None else data
                trained = _trained(context, record, data, number)
                if trained is None:
                    return
                ledger.cross_validation = ledger.cross_validation.added(record.key, trained)
                studies.keep_cross_validation(ledger.cross_validation)
            done += 1
            error = ledger.cross_validation.of(record.key)[number].error
            emit(FoldDone(done, len(networks) * len(context.folds), record, error))


def _trained(
    context: SearchContext, record: Record, data: PreparedData, number: int
) -> Fold | None:
    """Train a network outside of a fold; None if time is up."""
    start = time.perf_counter()
    limit, kept = context.limit, context.seconds_after_choice(record) + record.seconds
    result: FitResult = train_network(
        context.family,
        context.family.config_from_dict(record.config),
        data,
        TrainingConfig(**record.training),
        seed=training_seed(context.settings.seed, f"{record.key}/{number}"),
        is_late=lambda: limit.left < kept,
    )
    if result.is_cut:
        return None
    best_epoch = result.best.number if result.best else 0
    return Fold(result.error, best_epoch, time.perf_counter() - start)


def _choose(context: SearchContext, studies: Studies, networks: Sequence[Record]) -> None:
    """Choose by the folds that all networks have been trained on, if they are enough."""
    ledger = context.ledger
    n_folds = min(len(ledger.cross_validation.of(record.key)) for record in networks)
    if n_folds < min(FEWEST_FOLDS, len(context.folds)):
        return
    ledger.cross_validation = replace(ledger.cross_validation, n_folds=n_folds)
    first, best = networks[0], min(networks, key=lambda record: _mean_loss(context, record))
    if not _is_clearly_better(context, best, first):
        best = first
    ledger.cross_validation = replace(
        ledger.cross_validation,
        compared=tuple(record.key for record in networks),
        chosen=best.key,
    )
    studies.keep_cross_validation(ledger.cross_validation)


def _is_clearly_better(context: SearchContext, record: Record, first: Record) -> bool:
    """Return whether error and cost are lower by more than the standard error of this."""
    known, objective = context.ledger.cross_validation, context.objective
    of_record, of_first = (objective.normalizer.complexity(r.measured) for r in (record, first))
    saved = objective.wc * (of_first - of_record)
    pairs = zip(known.errors(record), known.errors(first), strict=True)
    gains = [before - after + saved for after, before in pairs]
    return statistics.fmean(gains) > statistics.stdev(gains) / math.sqrt(len(gains))


def _mean_loss(context: SearchContext, record: Record) -> float:
    """Return the loss with the mean error over the folds."""
    known, objective = context.ledger.cross_validation, context.objective
    n_val = None if objective.n_val is None else objective.n_val * (known.n_folds + 1)
    complexity = objective.normalizer.complexity(record.measured)
    return penalized_loss(known.mean_error(record), complexity, objective.wc, n_val=n_val)


def entry_of_result(context: SearchContext) -> dict[str, Any] | None:
    """Return the entry ``cross_validation`` of result.json; None if it has decided nothing."""
    ledger, best = context.ledger, context.ledger.best
    known = ledger.cross_validation
    if best is None or best.key != known.chosen:
        return None
    found = (ledger.find(key) for key in known.compared)
    networks = [record for record in found if record is not None]
    return {
        "n_folds": known.n_folds + 1,
        "is_changed": best.key != known.compared[0],
        "seconds": sum(fold.seconds for record in networks for fold in known.of(record.key)),
        "networks": [
            {
                "stage": record.stage,
                "trial_number": record.trial_number,
                "network": record.description,
                "loss": record.loss,
                "mean_loss": _mean_loss(context, record),
                "mean_error": known.mean_error(record),
                "standard_error": known.standard_error(record),
            }
            for record in networks
        ],
    }
