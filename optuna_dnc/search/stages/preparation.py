"""Plan of a sampler for the next trial, made before the decision lock is taken."""

from __future__ import annotations

import optuna
from optuna.trial import TrialState

from optuna_dnc._optuna_compat import all_trials
from optuna_dnc.samplers.preparing import prepare


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
