"""Whether there is time for another training, or for a longer one of the best network.

A plan for a short time limit lets many networks train for few epochs, which is enough to rank
them. The best one may still improve when its training ends. If it overfits already, the final
training with all samples helps more.
"""

from __future__ import annotations

from optuna_dnc._interruption import check_interrupted
from optuna_dnc.runs.diagnosis import could_learn_more
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.stage_keys import TRAINING
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.limits.time_limit import StageTimeIsUp, TimeIsUp

LEAST_GROWTH = 1.5
"""Epochs of a longer training over those of the training so far, at least."""

SHARE_OF_LONGER = 0.4
"""Share of the time limit that is kept for a longer training, at most."""

_SAFETY = 0.9
"""Estimate of the time of a longer training over the time that is planned for it."""


def check_time(
    context: SearchContext, epochs: int | None = None, begun: Record | None = None
) -> None:
    """Check that another training would end in the time of its stage and of the search.

    The first training of a search always begins, so that there is a network at the end; it is
    cut when the time is up.

    Args:
        context: State of the search.
        epochs: Epochs of the training; None for all.
        begun: Record of the training so far, if it is resumed.

    Raises:
        StageTimeIsUp: It would end later than its stage should.
        TimeIsUp: It would end later than the search must.
        KeyboardInterrupt: A signal has requested to stop.
    """
    check_interrupted()
    limit = context.limit
    seconds = _seconds_for(context, 1 if epochs is None else epochs / context.settings.epochs)
    if begun is not None and epochs is not None and begun.trained_epochs:
        seconds = begun.seconds / begun.trained_epochs * epochs
    if not limit.is_set or seconds is None:
        return
    limit.reserved = context.peers.seconds_at_end(context, seconds)
    unfinished = to_train_longer(context)
    if unfinished is not None:
        wanted = context.full_epochs * _seconds_of_epoch(unfinished)
        longer = min(wanted, SHARE_OF_LONGER * limit.seconds)
        longer += context.seconds_to_judge(unfinished)
        limit.reserved = max(limit.reserved, longer)
    # A longer training comes in a later stage, which must begin.
    if seconds > limit.left_to_train and unfinished is None:
        raise TimeIsUp
    if seconds > limit.left_in_part:
        raise StageTimeIsUp


def _seconds_for(context: SearchContext, n_trainings: float) -> float | None:
    """Estimate the wall-clock time of full training runs; None before the first epoch."""
    if context.settings.pruner == "none":
        typical = context.ledger.typical_training
    else:
        epoch = context.ledger.typical_epoch
        typical = None if epoch is None else epoch * context.settings.epochs
    return None if typical is None else typical * n_trainings


def to_train_longer(context: SearchContext) -> Record | None:
    """Return the best network, if a time limit has ended its training while it was improving.

    A pruner, a budget of epochs and peers decide themselves how long networks are trained, and
    only the stage of the training hyperparameters has a longer training.
    """
    best, settings = context.ledger.best, context.settings
    is_planned = context.limit.is_set and settings.pruner == "none" and settings.budget is None
    has_stage = TRAINING in STRATEGIES[settings.strategy].stages
    if best is None or not (is_planned and has_stage) or context.peers.first is not None:
        return None
    may_grow = context.full_epochs >= LEAST_GROWTH * best.training["epochs"]
    is_improving = may_grow and could_learn_more(best, constant_loss=context.data.constant_loss)
    return best if is_improving else None


def epochs_of_longer(context: SearchContext, record: Record) -> int | None:
    """Return the epochs of a longer training in the time that is left; None if too few."""
    seconds = context.limit.left - context.seconds_to_judge(record)
    epochs = min(int(seconds / _seconds_of_epoch(record)), context.full_epochs)
    return epochs if epochs >= LEAST_GROWTH * record.training["epochs"] else None


def _seconds_of_epoch(record: Record) -> float:
    """Estimate the wall-clock time of an epoch of a longer training, with its margin."""
    measured = record.measured
    return (measured.train_seconds + measured.eval_seconds) / measured.epochs_run / _SAFETY
