"""Base class of the stages of a search."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar

import optuna
from optuna.samplers import BaseSampler

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.runs.ledger import no_network
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.trials.jobs import JobQueue
from optuna_dnc.training import TrainingConfig

StudyOpener = Callable[[BaseSampler], optuna.Study]
"""Opens or creates the study of a stage with a sampler."""


class Stage(ABC):
    """Part of a search, with its own study.

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

    def ahead(self, context: SearchContext) -> Iterable[Proposal]:
        """Return what the stage would ask for first if it started now."""
        del context
        return ()

    @abstractmethod
    def jobs(self, context: SearchContext, open_study: StudyOpener, claims: Claims) -> JobQueue:
        """Open the stage for a worker, who holds the decision lock, and return its jobs.

        Args:
            context: State of the search.
            open_study: Opens the study of the stage.
            claims: Claims of the worker.
        """


def best_of(context: SearchContext, *stages: StageKey) -> Record:
    """Return the best record of some stages; of equal ones the first.

    If a time limit has ended them before a network was trained to the end, it is the best one of
    all: the pilot of Hyperband.

    Raises:
        TimeIsUp: The time limit has left no network that was trained to the end.
        InputError: All networks crashed the process.
    """
    best = context.ledger.best_of(*(stage.name for stage in stages))
    if best is None and context.limit.is_set:
        best = context.ledger.best
        if best is None:
            raise TimeIsUp
    if best is None:
        raise no_network(context.ledger)
    return best


def proposal_of(context: SearchContext, record: Record) -> Proposal:
    """Return the network and the training of a trial."""
    config = context.family.config_from_dict(record.config)
    return Proposal(config, TrainingConfig(**record.training))
