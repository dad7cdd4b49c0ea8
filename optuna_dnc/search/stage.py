"""Base class of the stages of a search, and their trials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from optuna_dnc._optuna_compat import resume_trial
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.ledger import no_network
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.rejections import is_rejected
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.search.context import SearchContext, TimeIsUp
from optuna_dnc.search.cut_space import PATIENCE

MOST_REJECTED = 50
"""Rejected proposals in a row after which a stage ends."""

StudyOpener = Callable[[BaseSampler], optuna.Study]
"""Opens or creates the study of a stage with a sampler."""


class Stage(ABC):
    """Part of a search, with a study of its own.

    All its decisions follow from settings and finished trials, so that a stage resumes where it
    was interrupted.
    """

    key: ClassVar[StageKey]
    time_share: ClassVar[float] = 1.0
    """Share of the time of a search with a limit, relative to those of the other stages."""

    @property
    def name(self) -> str:
        """Name of the stage, without its number."""
        return self.key.name

    @abstractmethod
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        """Return the largest number of trials, before the search starts."""

    def most_epochs(self, family: NetworkFamily, settings: SearchSettings) -> int:
        """Return the largest number of epochs of all trials."""
        return self.most_trials(family, settings) * settings.epochs

    def n_trials(self, context: SearchContext) -> int:
        """Return the expected number of its own trials when the stage starts."""
        return self.most_trials(context.family, context.settings)

    def learns_from(self, context: SearchContext, record: Record) -> bool:
        """Return whether to add a trial of another search before its own ones."""
        del context, record
        return False

    def has_enough(self, context: SearchContext) -> bool:
        """Return whether the stage counts as complete if its time is up."""
        del context
        return False

    @abstractmethod
    def run(self, context: SearchContext, open_study: StudyOpener) -> Iterator[Record]:
        """Run the trials of the stage; yield each record, also those of finished trials."""


def best_of(context: SearchContext, *stages: StageKey) -> Record:
    """Return the best record of some stages; of equal ones the first.

    Raises:
        TimeIsUp: No network was trained to the end before.
        InputError: All networks crashed the process.
    """
    best = context.ledger.best_of(*(stage.name for stage in stages))
    if best is None and context.limit.is_over():
        raise TimeIsUp
    if best is None:
        raise no_network(context.ledger)
    return best


def trials_of(
    study: optuna.Study,
    context: SearchContext,
    until: int,
    *,
    first: int = 0,
    may_go_on: Callable[[], bool] = lambda: True,
    spare: Callable[[], Mapping[str, Any]] | None = None,
) -> Iterator[optuna.Trial | Record]:
    """Yield trials ``first`` to ``until - 1`` of a study, finished ones as their records.

    A RUNNING trial belongs to a run that was interrupted, as the lock of the folder proves. It is
    resumed under its own number, so that an interruption does not change the search.

    Args:
        study: Study of the stage.
        context: State of the search, with its deadline.
        until: Number of the last trial plus 1.
        first: Number of the first trial.
        may_go_on: Called before each unfinished trial; False ends the stage.
        spare: Returns the parameters of the smallest network. If given, trials that were
            rejected because of a limit do not count: as many others follow. The spare network is
            proposed after 20 rejections in a row, and after 50 the stage ends.
    """
    known = study.get_trials(deepcopy=False)
    number, left, n_in_a_row = first, until - first, 0
    while left > 0 and n_in_a_row < MOST_REJECTED:
        trial = known[number] if number < len(known) else None
        number += 1
        n_rejected = len(context.ledger.rejections)
        if trial is not None and is_rejected(trial):
            n_in_a_row += 1
            left -= spare is None
            continue
        if trial is not None and trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
            yield Record.from_trial(trial)
        elif trial is None or not trial.state.is_finished():
            if not may_go_on():
                return
            context.check_time()
            if trial is None and spare is not None and n_in_a_row == PATIENCE:
                study.enqueue_trial(dict(spare()), skip_if_exists=True)
            yield study.ask() if trial is None else resume_trial(study, trial)
        is_new = len(context.ledger.rejections) > n_rejected
        n_in_a_row = n_in_a_row + 1 if is_new else 0
        left -= not is_new or spare is None
