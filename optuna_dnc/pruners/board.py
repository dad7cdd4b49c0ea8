"""The state of a Hyperband run that all of its workers share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from optuna_dnc._locks import Lock
from optuna_dnc._optuna_compat import all_trials, storage_and_id, trial_id
from optuna_dnc.pruners.bracket_state import Configuration
from optuna_dnc.pruners.checkpoints import Checkpoints
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Done, Promote, Sample, Schedule, Wait
from optuna_dnc.pruners.stored import (
    SENT_TO,
    SLOT,
    read_configuration,
    slot_of,
    value_attribute,
)


@dataclass(frozen=True)
class Claim:
    """The right of one worker to train a configuration up to its next rung."""

    trial_id: int
    number: int
    start: int
    """Resource of the last rung that it has finished, 0 for none."""
    stop: int
    """Resource of the rung to reach."""
    is_last: bool
    """Whether that is the last rung of its bracket."""
    lock: Lock
    """Held until the training has ended."""


@dataclass(frozen=True)
class Ended:
    """Trials that need no more training; nothing was claimed."""

    trials: tuple[FrozenTrial, ...]


class Board:
    """Decides what is trained next, from the study's storage and the claims of all workers.

    A trial is RUNNING while a worker trains it. One that waits for promotion, or whose worker
    has died, is WAITING; one that is dropped is PRUNED. States change under one lock, the decision
    lock of the claims.
    """

    def __init__(
        self,
        study: Study,
        run: str,
        schedule: Schedule,
        checkpoints: Checkpoints,
        claims: Claims,
        *,
        limit: float,
    ) -> None:
        self._study = study
        self._run = run
        self._schedule = schedule
        self._checkpoints = checkpoints
        self._limit = limit
        self._storage, self._study_id = storage_and_id(study)
        self._claims = claims

    def claim_next(self, *, show_ended: bool = False) -> Claim | Ended | Wait | Done:
        """End the trials that need no more training, and claim the next training.

        Args:
            show_ended: Whether to return the trials that were ended, if any, and claim nothing.

        Returns:
            The claim, or the trials. Done also if the training would exceed the limit, and no
            other worker is training: one that dies leaves its training to others.
        """
        with self._claims.deciding():
            trials = {t.number: t for t in map(self._rescued, all_trials(self._study))}
            configurations = self._configurations(trials.values())
            ended = self._end_all(trials, configurations)
            if ended and show_ended:
                return Ended(tuple(ended))
            step = self._schedule.next_step(configurations)
            while isinstance(step, Promote) and trials[step.trial].state.is_finished():
                # Somebody else has ended it meanwhile.
                taken = step.trial
                configurations = [
                    replace(c, failed=c.failed or c.trial == taken) for c in configurations
                ]
                step = self._schedule.next_step(configurations)
            if isinstance(step, Wait | Done):
                return step
            return self._claim(step, trials, configurations)

    def begins_next(self) -> bool:
        """Return whether the next claim begins a configuration, unless others decide before."""
        configurations = self._configurations(all_trials(self._study))
        step = self._schedule.next_step(configurations)
        return isinstance(step, Sample) and self._is_affordable(
            configurations, _free_slot(configurations), step.budget
        )

    def finish(self, claim: Claim, value: float) -> tuple[FrozenTrial, ...]:
        """Store the value at a rung; return the trial if that was the last one."""
        self._storage.set_trial_system_attr(claim.trial_id, *value_attribute(claim.stop, value))
        # Not before the value is stored: without it, the rung is trained again from there.
        self._checkpoints.keep_only(claim.number, claim.stop)
        if not claim.is_last:
            self.put_back(claim)
            return ()
        with self._claims.deciding():
            return (self._tell(claim.number, value),)

    def end(self, claim: Claim, state: TrialState) -> FrozenTrial:
        """End a configuration before its last rung: FAIL or PRUNED."""
        with self._claims.deciding():
            frozen = self._tell(claim.number, state=state)
        # Not before: a worker that died in between would leave it to be trained again from 0.
        self._checkpoints.delete(claim.number)
        return frozen

    def free(self, claim: Claim) -> None:
        """Give the place of a configuration to another one."""
        with self._claims.deciding():
            self._storage.set_trial_system_attr(claim.trial_id, SLOT, None)

    def put_back(self, claim: Claim) -> None:
        """Leave a configuration to the next worker that asks."""
        try:
            with self._claims.deciding():
                self._storage.set_trial_state_values(claim.trial_id, TrialState.WAITING)
                claim.lock.release()
        finally:
            claim.lock.release()  # also where the storage is unavailable

    def _rescued(self, trial: FrozenTrial) -> FrozenTrial:
        """Make a trial WAITING if the worker that trained it is dead."""
        is_ours = slot_of(trial, self._run) is not None
        if not is_ours or trial.state != TrialState.RUNNING or self._claims.is_taken(trial.number):
            return trial
        self._storage.set_trial_state_values(trial_id(trial), TrialState.WAITING)
        return self._storage.get_trial(trial_id(trial))

    def _configurations(self, trials: Iterable[FrozenTrial]) -> list[Configuration]:
        configurations = []
        for trial in trials:
            slot = slot_of(trial, self._run)
            # Beyond the end are those of a call with more iterations.
            if slot is not None and slot < self._schedule.n_configurations:
                bracket = self._schedule.bracket_of(slot)
                configurations.append(read_configuration(trial, slot, bracket.budgets))
        return configurations

    def _end_all(
        self, trials: Mapping[int, FrozenTrial], configurations: Iterable[Configuration]
    ) -> list[FrozenTrial]:
        """End all trials that need no more training, and return them by number."""
        dropped = set(self._schedule.dropped(configurations))
        ended = []
        for c in sorted(configurations, key=lambda c: c.trial):
            if trials[c.trial].state != TrialState.WAITING:
                continue
            if c.trial in dropped:
                self._checkpoints.delete(c.trial)
            elif len(c.values) < len(self._schedule.bracket_of(c.slot).rungs):
                continue
            self._storage.set_trial_state_values(trial_id(trials[c.trial]), TrialState.RUNNING)
            if c.trial in dropped:
                ended.append(self._tell(c.trial, state=TrialState.PRUNED))
            else:
                # Its worker may have died before it did so.
                self._checkpoints.keep_only(c.trial, self._schedule.bracket_of(c.slot).budgets[-1])
                ended.append(self._tell(c.trial, c.values[-1]))
        return ended

    def _tell(
        self, number: int, value: float | None = None, state: TrialState | None = None
    ) -> FrozenTrial:
        if value is not None and math.isnan(value):
            value, state = None, TrialState.FAIL
        frozen = self._study.tell(number, value, state)
        self._claims.forget(number)
        return frozen

    def _claim(
        self,
        step: Promote | Sample,
        trials: Mapping[int, FrozenTrial],
        configurations: list[Configuration],
    ) -> Claim | Wait | Done:
        if isinstance(step, Sample):
            slot, n_finished, stop = _free_slot(configurations), 0, step.budget
        else:
            c = next(c for c in configurations if c.trial == step.trial)
            slot, n_finished, stop = c.slot, len(c.values), step.to
        bracket = self._schedule.bracket_of(slot)
        start = bracket.spent(n_finished)
        if not self._is_affordable(configurations, slot, stop - start):
            return Wait() if any(c.running for c in configurations) else Done()
        trial = trials[step.trial] if isinstance(step, Promote) else self._new(trials, slot)
        lock = self._claims.take(trial.number)
        if lock is None:
            # Its last worker is about to release it.
            return Wait()
        try:
            if start:
                self._storage.set_trial_system_attr(trial_id(trial), SENT_TO, stop)
            self._storage.set_trial_state_values(trial_id(trial), TrialState.RUNNING)
        except BaseException:
            # A notebook keeps the traceback of an interruption, and with it the lock.
            lock.release()
            raise
        return Claim(
            trial_id=trial_id(trial),
            number=trial.number,
            start=start,
            stop=stop,
            is_last=stop == bracket.budgets[-1],
            lock=lock,
        )

    def _is_affordable(
        self, configurations: Sequence[Configuration], slot: int, resource: int
    ) -> bool:
        """Return whether the limit allows a training of the configuration in a slot."""
        # Earlier brackets come first, so that the limit pays for the same trainings as with one
        # worker.
        owed = self._schedule.owed(configurations, slot)
        return self._schedule.spent(configurations) + owed + resource <= self._limit

    def _new(self, trials: Mapping[int, FrozenTrial], slot: int) -> FrozenTrial:
        """Return the trial for the next slot: one that the user has enqueued, or a new one."""
        for trial in trials.values():
            if trial.state == TrialState.WAITING and SLOT not in trial.system_attrs:
                self._storage.set_trial_system_attr(trial_id(trial), SLOT, [self._run, slot])
                return trial
        template = create_trial(state=TrialState.WAITING, system_attrs={SLOT: [self._run, slot]})
        return self._storage.get_trial(self._storage.create_new_trial(self._study_id, template))


def _free_slot(configurations: Iterable[Configuration]) -> int:
    taken = {c.slot for c in configurations}
    return next(slot for slot in count() if slot not in taken)
