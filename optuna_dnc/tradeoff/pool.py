"""Sharing of trials between searches that differ in ``wc`` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState, create_trial
from typing_extensions import override

from optuna_dnc.objectives import Measurement, metric_of
from optuna_dnc.runs.records import Record, is_rejected, is_shared
from optuna_dnc.search.context import Peers, SearchContext
from optuna_dnc.search.ending.finish import N_LEADERS
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.stages.stage import Stage

SHARE_AFTER_LEARNING = 4
"""All searches but the first train one in so many trials themselves, in stages in which they have
taken over trials of others."""

SHARE_WITHOUT = 2
"""The same in stages in which they have taken over none."""


class Pool(Peers):
    """Searches of a trade-off, in the order in which they started.

    They have the same network family, data, split, seed, settings and baseline.
    """

    def __init__(self) -> None:
        self._searches: list[SearchContext] = []

    @override
    def join(self, search: SearchContext) -> None:
        self._searches.append(search)

    @property
    @override
    def first(self) -> SearchContext | None:
        return self._searches[0] if self._searches else None

    @override
    def neighbor(self, search: SearchContext) -> SearchContext | None:
        earlier = list(takewhile(lambda other: other is not search, self._searches))
        weights = sorted(other.settings.wc for other in (*earlier, search))
        rank = weights.index(search.settings.wc)
        return min(
            earlier,
            key=lambda other: abs(weights.index(other.settings.wc) - rank),
            default=None,
        )

    @override
    def n_own_trials(self, search: SearchContext, n_trials: int, n_learned: int) -> int:
        if self.neighbor(search) is None:
            return n_trials
        return -(-n_trials // (SHARE_AFTER_LEARNING if n_learned else SHARE_WITHOUT))

    @override
    def find(self, search: SearchContext, key: str) -> Record | None:
        for other in self._others(search):
            record = other.ledger.find(key)
            if record is not None and record.reused_from is None:
                return seen_by(search, other, record)
        return None

    @override
    def crash_of(self, search: SearchContext, config: Mapping[str, Any]) -> str | None:
        crashes = (other.ledger.crash_of(config) for other in (search, *self._others(search)))
        return next((crash.meaning for crash in crashes if crash is not None), None)

    @override
    def leads(self, search: SearchContext, measured: Measurement) -> bool:
        """Return whether a network is the best so far at the ``wc`` of any search."""
        return any(
            best is None or each.objective.rank(measured) < each.objective.rank(best.measured)
            for each, best in self._leaders()
        )

    @override
    def seconds_at_end(self, search: SearchContext, training: float) -> float:
        """Estimate the seconds for the ends of all searches, which come one after the other."""
        return sum(each.seconds_at_end(training) for each in self._searches)

    @override
    def keeps(self, search: SearchContext, key: str, measured: Measurement) -> bool:
        del key  # the searches of a trade-off are the front
        return self.leads(search, measured)

    @override
    def keep_leaders(self, search: SearchContext) -> None:
        """Delete the weights of all networks but the best at each ``wc``."""
        keys = {best.key for _, best in self._leaders() if best is not None}
        if keys:
            keys.update(*(each.keys_ahead() for each in self._searches))
            for each in self._searches:
                each.folder.keep_only(*keys)

    @override
    def checkpoint(self, search: SearchContext, key: str) -> Path | None:
        paths = (each.folder.checkpoint(key) for each in self._searches)
        return next((path for path in paths if path.exists()), None)

    def leaders(self, search: SearchContext, stage: str, count: int) -> set[str]:
        """Return the keys of the best networks of all searches in a stage, by one's ``wc``."""
        trained = [
            record
            for each in self._searches
            for record in _trained_by(each)
            if record.stage == stage and not record.pruned
        ]
        best = sorted(trained, key=partial(_rank, search))[:count]
        return {record.key for record in best}

    def _others(self, search: SearchContext) -> list[SearchContext]:
        return [other for other in self._searches if other is not search]

    def _leaders(self) -> Iterator[tuple[SearchContext, Record | None]]:
        """Yield each search with the best network that any has measured, by its own ``wc``."""
        for search in self._searches:
            own = search.ledger.best
            known = [] if own is None else [own]
            # The first of equal ones wins, and the own ones come first.
            for other in self._others(search):
                known += [record for record in _trained_by(other) if not record.pruned]
            yield search, min(known, key=partial(_rank, search), default=None)


def seen_by(search: SearchContext, other: SearchContext, record: Record) -> Record:
    """Return a trial of another search with the losses that it has at the ``wc`` of ``search``."""
    return replace(
        record,
        loss=search.objective.loss(record.measured),
        reused_from=f"{other.folder.name}/{record.label}",
        curve=_curve(search, record),
        seconds=0.0,
        shared=True,
    )


def _trained_by(search: SearchContext) -> list[Record]:
    """Return the trials that a search has trained itself."""
    return [record for record in search.ledger.records if record.reused_from is None]


def _rank(search: SearchContext, record: Record) -> tuple[bool, float, float]:
    return search.objective.rank(record.measured)


def _curve(search: SearchContext, record: Record) -> dict[int, float]:
    """Return the loss after each epoch, with the cost of the whole training."""
    measured = record.measured
    error, is_usable = metric_of(search.data.metric, search.data.task).worst, False
    keeps_last = record.training.get("keep") == "last"
    curve = {}
    lists = (record.epochs.get(name, ()) for name in ("val_error", "val_loss", "train_loss"))
    for epoch, values in enumerate(zip(*lists, strict=True), start=1):
        if None not in values:
            # No epoch is better than the best; the lists have six digits.
            error = values[0] if keeps_last else max(min(error, values[0]), measured.error)
            is_usable = True
        if epoch >= measured.best_epoch > 0:
            error = measured.error
        seen = replace(measured, error=error, best_epoch=epoch if is_usable else 0)
        curve[epoch] = search.objective.loss(seen)
    return curve


_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def learn_from_others(run: SearchRun, runs: Iterable[SearchRun], stage: Stage) -> None:
    """Add useful trials of other searches before the first trial of a stage.

    Any worker may do so, under the decision lock of the search: only the first one adds any.
    """
    trials = run.studies.open(stage.key).get_trials(deepcopy=False)
    if all(map(is_shared, trials)):
        _take_over(run, runs, stage, lambda record: stage.learns_from(run.context, record))


def take_over_best(run: SearchRun, runs: Iterable[SearchRun], stage: Stage, pool: Pool) -> None:
    """Add the best trials at this ``wc`` after all searches have ended a stage.

    Any worker may do so, under the decision lock of the search: only the first one adds any.
    """
    # Not all of them: storing a trial takes milliseconds per attribute and epoch.
    best = pool.leaders(run.context, stage.name, N_LEADERS)
    _take_over(run, runs, stage, lambda record: not record.pruned and record.key in best)


def _take_over(
    run: SearchRun, runs: Iterable[SearchRun], stage: Stage, is_wanted: Callable[[Record], bool]
) -> None:
    """Add trials of other searches to a study, with their loss at its own ``wc``."""
    context, study = run.context, run.studies.open(stage.key)
    known = {(record.key, record.pruned) for record in context.ledger.records}
    n_before = len(study.get_trials(deepcopy=False))
    for other in runs:
        if other is run:
            continue
        for trial in other.studies.open(stage.key).get_trials(deepcopy=False, states=_ENDED):
            if is_rejected(trial):
                continue
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
        constraints=trial.constraints or None,
    )
