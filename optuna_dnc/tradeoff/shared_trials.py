"""Trials of other searches in the studies of a search that shares them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from optuna.trial import FrozenTrial, TrialState, create_trial

from optuna_dnc.runs.records import Record
from optuna_dnc.search.finish import N_LEADERS
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.stage import Stage
from optuna_dnc.tradeoff.pool import Pool, seen_by

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def learn_from_others(run: SearchRun, runs: Iterable[SearchRun], stage: Stage) -> None:
    """Before the first trial of a stage: take over what teaches it something."""
    trials = run.studies.open(stage.key).get_trials(deepcopy=False)
    if all(trial.user_attrs.get("shared") for trial in trials):
        _take_over(run, runs, stage, lambda record: stage.learns_from(run.context, record))


def take_over_best(run: SearchRun, runs: Iterable[SearchRun], stage: Stage, pool: Pool) -> None:
    """After all searches have ended a stage: take over the best of it at this ``wc``."""
    # Not all: a storage takes some milliseconds for each attribute and epoch of a trial.
    best = pool.leaders(run.context, stage.name, N_LEADERS)
    _take_over(run, runs, stage, lambda record: not record.pruned and record.key in best)


def _take_over(
    run: SearchRun, runs: Iterable[SearchRun], stage: Stage, is_wanted: Callable[[Record], bool]
) -> None:
    """Add trials of other searches to a study, with the losses that they have here."""
    context, study = run.context, run.studies.open(stage.key)
    known = {(record.key, record.pruned) for record in context.ledger.records}
    n_before = len(study.get_trials(deepcopy=False))
    for other in runs:
        if other is run:
            continue
        for trial in other.studies.open(stage.key).get_trials(deepcopy=False, states=_ENDED):
            record = Record.from_trial(trial)
            is_new = record.reused_from is None and (record.key, record.pruned) not in known
            if is_new and is_wanted(record):
                study.add_trial(_as_shared(trial, seen_by(context, other.context, record)))
    for trial in study.get_trials(deepcopy=False)[n_before:]:
        context.ledger.add(Record.from_trial(trial))


def _as_shared(trial: FrozenTrial, record: Record) -> FrozenTrial:
    return create_trial(
        state=trial.state,
        value=None if record.pruned else record.loss,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs=trial.user_attrs | record.to_attributes(),
        intermediate_values=dict(record.curve),
    )
