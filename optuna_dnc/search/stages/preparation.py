"""Queues whose networks a sampler proposes: it plans them before the decision lock is taken."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import optuna
from optuna.trial import TrialState
from typing_extensions import override

from optuna_dnc._optuna_compat import all_trials
from optuna_dnc.samplers.preparing import prepare
from optuna_dnc.search.trials.jobs import JobQueue
from optuna_dnc.search.trials.trial_board import TrialBoard


class SampledQueue(JobQueue):
    """Jobs whose networks the sampler of a study proposes."""

    @property
    @abstractmethod
    def board(self) -> TrialBoard:
        """Trials of the study."""

    @abstractmethod
    def begins_next(self) -> bool:
        """Return whether the next decision begins a new trial if nothing changes until then."""

    @override
    def is_training(self) -> bool:
        return self.board.is_training()

    @override
    def prepare(self) -> None:
        if self.begins_next():
            self._preparation.make()
        else:
            self._preparation.drop()

    @property
    @override
    def is_prepared(self) -> bool:
        return self._preparation.is_current

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation(self.board.study)


class Preparation:
    """Plans the next trial of a study, and knows whether the plan is still of use.

    Args:
        study: The study.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._states: list[TrialState] | None = None

    def make(self) -> None:
        """Plan the next trial."""
        self._states = self._states_now()
        prepare(self._study.sampler, self._study)

    def drop(self) -> None:
        """Forget the plan: no trial will begin."""
        self._states = None

    @property
    def is_current(self) -> bool:
        """Whether no trial has begun or ended since; also if nothing was planned."""
        return self._states is None or self._states == self._states_now()

    def _states_now(self) -> list[TrialState]:
        return [trial.state for trial in all_trials(self._study)]
