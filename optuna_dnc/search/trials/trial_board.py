"""Trials of a stage, and which of them live workers are training."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._locks import Lock
from optuna_dnc._optuna_compat import all_trials, new_trial, resume_trial
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.runs.stage_keys import StageKey


class TrialBoard:
    """The trials of a stage's study; a claim is held while a trial is trained.

    A RUNNING trial without a claim belongs to a worker that was interrupted. It is resumed under
    its own number, so that an interruption does not change the search.
    """

    def __init__(self, study: optuna.Study, stage: StageKey, claims: Claims) -> None:
        self.study = study
        self._claims = claims.of(stage.label)

    def trials(self) -> list[FrozenTrial]:
        """Return all trials by number."""
        return all_trials(self.study)

    def is_taken(self, trial: FrozenTrial) -> bool:
        """Return whether another worker is training an unfinished trial."""
        return trial.state == TrialState.RUNNING and self._claims.is_taken(trial.number)

    def begin(self, trial: FrozenTrial | None) -> tuple[optuna.Trial, Lock] | None:
        """Claim a trial and make it RUNNING; None for a new one.

        The caller holds the decision lock, and the trial is not taken.

        Returns:
            The trial and its claim. None if another worker has claimed it: a server that was
            stopped has lost the decision lock. Any worker may then train the trial.
        """
        live = new_trial(self.study) if trial is None else resume_trial(self.study, trial)
        lock = self._claims.take(live.number)
        return None if lock is None else (live, lock)

    def forget(self, number: int) -> None:
        """Delete what is stored of the claims of a trial that has ended."""
        self._claims.forget(number)

    def is_training(self) -> bool:
        """Return whether any worker is training a trial."""
        return any(self.is_taken(trial) for trial in self.trials())
