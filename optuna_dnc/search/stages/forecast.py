"""Forecast of a running search: its trials and its time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from optuna_dnc._errors import InputError
from optuna_dnc.evaluation.floor_times import judging_seconds_without_limit
from optuna_dnc.runs.life_cycle import Outlook, StageOutlook
from optuna_dnc.search.contenders import seconds_for
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.stages.stage import Stage


def outlook_of(context: SearchContext, stages: Sequence[Stage], current: Stage) -> Outlook:
    """Return what is expected of a search in its current stage.

    Args:
        context: State of the search.
        stages: Stages in the order in which they run.
        current: The stage that is running.
    """
    position = [stage.key for stage in stages].index(current.key)
    expected = {
        stage.name: _ended(context, stage) if i < position else _expected(context, stage)
        for i, stage in enumerate(stages)
    }
    limit = context.limit
    outlook = Outlook(expected, time.time() + limit.left if limit.is_set else None)
    of_stages = outlook.of_stages(context.ledger)
    if of_stages is None:
        return outlook
    to_result = seconds_to_result(context, of_stages)
    if current.key == stages[-1].key and not of_stages:
        return outlook.after_stages(to_result)
    return replace(outlook, to_result=to_result)


class Forecast(NamedTuple):
    """Estimates after a trial of a stage."""

    n_trials: int
    """Trials of the stage in all."""
    stage_seconds: float | None
    """Seconds until the stage has ended; None before the first epoch."""
    seconds: float | None
    """Seconds until the search has ended; None before the first epoch."""


def forecast(context: SearchContext, outlook: Outlook, stage: Stage, n_done: int) -> Forecast:
    """Estimate trials and time of a running search.

    Args:
        context: State of the search.
        outlook: What is expected of it.
        stage: The stage that is running.
        n_done: Number of its trials so far.
    """
    limit, ledger, expected = context.limit, context.ledger, outlook.stages[stage.name]
    n_trials = max(stage.n_trials(context), n_done)
    of_stage = expected.seconds_left(ledger, stage.name)
    in_all = outlook.seconds_left(ledger)
    if limit.is_set:
        within, each = max(limit.left_in_part, 0.0), ledger.expected_trial
        if of_stage is None and each:
            of_stage = (n_trials - n_done) * each
            n_trials = min(n_trials, n_done + math.ceil(within / each))
        of_stage = within if of_stage is None else min(of_stage, within)
        in_all = max(min(in_all or 0.0, limit.left), 0.0)
    return Forecast(n_trials, of_stage, in_all)


def seconds_to_result(context: SearchContext, of_stages: float = 0.0) -> float:
    """Estimate the seconds from the last stage to the result, without reserves.

    Args:
        context: State of the search.
        of_stages: Seconds that its stages have left.
    """
    ledger = context.ledger
    best = ledger.best
    if best is None or not best.measured.epochs_run:
        return 0.0
    searched = sum(record.seconds for record in ledger.records)
    growth = 1 + of_stages / searched if searched else 1.0
    networks, known = context.to_compare(growth), ledger.cross_validation
    seconds = seconds_for(networks, len(context.folds), known, margin=1.0)
    seconds += context.seconds_after_choice(best, is_reserve=False)
    if context.floors and not context.limit.is_set:
        seconds += judging_seconds_without_limit(context.data, searched + of_stages)
    return seconds


def _ended(context: SearchContext, stage: Stage) -> StageOutlook:
    return StageOutlook(len(context.ledger.of_stages(stage.name)))


def _expected(context: SearchContext, stage: Stage) -> StageOutlook:
    settings, ledger = context.settings, context.ledger
    if stage.key.is_bayesian and context.limit.is_set and settings.may_go_on:
        return StageOutlook(None)
    n_trials = _n_trials(context, stage)
    if stage.key.is_bayesian and settings.hyperband is not None:
        return StageOutlook(n_trials, settings.hyperband.epochs)
    done = ledger.of_stages(stage.name)
    n_trials += sum(record.shared for record in done)
    n_epochs = sum(record.trained_epochs for record in ledger.records)
    if stage.key.is_bayesian and settings.budget is not None and n_epochs:
        left = settings.budget - ledger.trained_epochs(stage.name)
        n_left = math.ceil(left * len(ledger.records) / n_epochs)
        n_trials = min(n_trials, len(done) + n_left)
    return StageOutlook(n_trials)


def _n_trials(context: SearchContext, stage: Stage) -> int:
    try:
        return stage.n_trials(context)
    except (TimeIsUp, InputError):  # it depends on a network that an earlier stage has to find
        return stage.most_trials(context.family, context.settings)
