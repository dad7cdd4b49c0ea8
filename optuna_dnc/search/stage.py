"""What a stage of a search is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from optuna_dnc._optuna_compat import resume_trial
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.ledger import no_network
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.search.context import SearchContext

StudyOpener = Callable[[BaseSampler], optuna.Study]
"""Opens or creates a stage's study with this sampler."""


class Stage(ABC):
    """A part of the search with a study of its own.

    Everything a stage decides follows from its settings and from the finished trials, so that a
    stage that was interrupted goes on where it was.
    """

    key: ClassVar[StageKey]

    @property
    def name(self) -> str:
        """Name without the number."""
        return self.key.name

    @abstractmethod
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        """Upper bound on the trials, known before the search starts."""

    def most_epochs(self, family: NetworkFamily, settings: SearchSettings) -> int:
        """Upper bound on the epochs of all trials together."""
        return self.most_trials(family, settings) * settings.epochs

    def n_trials(self, context: SearchContext) -> int:
        """Trials of its own the stage will have, as far as is known when it starts."""
        return self.most_trials(context.family, context.settings)

    def epochs_left(self, context: SearchContext, n_done: int) -> int:
        """Epochs that are still to be trained after so many trials, about."""
        return max(self.n_trials(context) - n_done, 0) * context.settings.epochs

    def learns_from(self, context: SearchContext, record: Record) -> bool:
        """Whether a trial that another search has trained is taken over before the own ones."""
        del context, record
        return False

    @abstractmethod
    def run(self, context: SearchContext, open_study: StudyOpener) -> Iterator[Record]:
        """Finish the stage's trials; yields each, also those that were finished before."""


def best_of(context: SearchContext, *stages: StageKey) -> Record:
    """The best record of stages that have ended; the earliest where several are equal.

    Raises:
        InputError: Every network has ended the process, and none is left.
    """
    best = context.ledger.best_of(*(stage.name for stage in stages))
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
) -> Iterator[optuna.Trial | Record]:
    """Trials number ``first`` to ``until - 1`` of a study: finished ones as their records.

    A trial that is running belongs to a run that was interrupted, as the folder's lock proves.
    It is taken up again under its own number, so that an interruption changes nothing.

    Args:
        study: A stage's study.
        context: Knows whether time is left.
        until: One more than the number of the last trial.
        first: Number of the first trial.
        may_go_on: Asked before each trial that is not finished; False ends the stage.
    """
    known = study.get_trials(deepcopy=False)
    for trial in known[first:until]:
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
            yield Record.from_trial(trial)
        elif not trial.state.is_finished():
            if not may_go_on():
                return
            context.check_time()
            yield resume_trial(study, trial)
    for _ in range(max(first, len(known)), until):
        if not may_go_on():
            return
        context.check_time()
        yield study.ask()
