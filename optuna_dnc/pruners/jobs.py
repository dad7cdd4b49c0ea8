"""Jobs of Hyperband: the training runs of one worker, one after another."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._disk_errors import is_disk_broken
from optuna_dnc._errors import DamagedCheckpoint, InputError, shown
from optuna_dnc._optuna_compat import ResumedTrial, live_trial, optimize_loop
from optuna_dnc.pruners.board import Board, Claim, Ended
from optuna_dnc.pruners.checkpoints import Budget, Checkpoints
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.pruners.stored import RESTARTED

Callback = Callable[[Study, FrozenTrial], None]

_logger = optuna.logging.get_logger("optuna.optuna_dnc")  # heeds Optuna's verbosity

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


class HyperbandJob:
    """A training of one trial up to its next rung, from :func:`hyperband_jobs`.

    Every job ends with one call of :meth:`finish`, :meth:`prune`, :meth:`discard`,
    :meth:`postpone` or :meth:`fail`.
    """

    def __init__(self, trial: ResumedTrial, budget: Budget, board: Board, claim: Claim) -> None:
        self._trial = trial
        self._budget = budget
        self._board = board
        self._claim = claim
        self._ended: tuple[FrozenTrial, ...] = ()
        self._error: Exception | None = None

    @property
    def trial(self) -> optuna.Trial:
        """The trial; parameters that it has suggested before stay the same."""
        return self._trial

    @property
    def budget(self) -> Budget:
        """What to train: from the checkpoint at ``start`` to the cumulative resource ``stop``."""
        return self._budget

    def finish(self, value: float) -> None:
        """Record the value at ``budget.stop``; the trial waits for promotion or is COMPLETE.

        Args:
            value: The objective value. One that is not finite is never promoted.

        Raises:
            InputError: The value is not a number; the trial fails.
            RuntimeError: The job has ended already.
        """
        self._check_open()
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            self._end(TrialState.FAIL)
            raise InputError(
                f"value is {shown(value)}, but the objective must return a number; return the "
                "value at budget.stop."
            ) from None
        # In place of what the objective has reported there: rungs compare what it returns.
        self._trial.settle(number, self._budget.stop)
        try:
            self._ended = self._board.finish(self._claim, number)
        finally:
            self._claim.lock.release()

    def prune(self) -> None:
        """Drop the trial: it is PRUNED and counts as the worst of its rung.

        Raises:
            RuntimeError: The job has ended already.
        """
        self._check_open()
        self._end(TrialState.PRUNED)

    def discard(self) -> None:
        """Drop the trial as if it had not been proposed; another one takes its place.

        It is PRUNED; to be called before anything was trained, for a configuration that violates
        a known constraint.

        Raises:
            RuntimeError: The job has ended already.
        """
        self._check_open()
        self._board.free(self._claim)
        self._end(TrialState.PRUNED)

    def postpone(self) -> None:
        """Leave the training to the worker that asks next; the trial waits.

        Raises:
            RuntimeError: The job has ended already.
        """
        self._check_open()
        self._board.put_back(self._claim)

    def fail(self, error: Exception) -> bool:
        """Record an error during training.

        ``optuna.TrialPruned`` prunes the trial. After :class:`DamagedCheckpoint` the next job is
        the same trial from the start, unless this one began there. After any other error the
        trial is FAIL and counts as the worst of its rung.

        Args:
            error: What the training raised.

        Returns:
            Whether the trial has failed.

        Raises:
            Exception: ``error`` itself, if it means that the disk is full or the storage is
                unavailable. The configuration is not at fault: its trial waits for the next call.
            RuntimeError: The job has ended already.
        """
        self._check_open()
        if not isinstance(error, Exception):
            raise InputError(f"error must be an Exception, got {shown(error)}; pass the error.")
        if isinstance(error, StorageInternalError) or is_disk_broken(error):
            raise error
        if isinstance(error, optuna.TrialPruned):
            self.prune()
            return False
        self._error = error
        if self._is_to_restart:
            return False
        self._end(TrialState.FAIL)
        return True

    @property
    def _is_to_restart(self) -> bool:
        return isinstance(self._error, DamagedCheckpoint) and self._budget.start > 0

    def _end(self, state: TrialState) -> None:
        try:
            self._ended = (self._board.end(self._claim, state),)
        finally:
            self._claim.lock.release()

    def _check_open(self) -> None:
        if self._error is not None or not self._claim.lock.is_locked:
            raise RuntimeError(
                f"The job of trial {self._claim.number} has ended already; end each job once, "
                "within the loop over hyperband_jobs."
            )


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One of the workers that carry out a schedule."""

    study: Study
    board: Board
    checkpoints: Checkpoints
    callbacks: Sequence[Callback]
    deadline: float
    """On the clock of ``time.monotonic()``."""
    begins: bool = True
    """Whether its loop begins the optimization; False if it is one of several threads."""

    def jobs(self) -> Generator[HyperbandJob, None, None]:
        """Yield jobs until the schedule is done, the time is up or the study is stopped."""
        pause = _SHORTEST_PAUSE
        with closing(self.steps()) as steps:
            for step in steps:
                if isinstance(step, Wait):
                    time.sleep(max(0.0, min(pause, self.deadline - time.monotonic())))
                    pause = min(_LONGEST_PAUSE, 1.5 * pause)
                else:
                    pause = _SHORTEST_PAUSE
                    yield step

    def steps(self) -> Generator[HyperbandJob | Wait, None, None]:
        """Yield jobs as :meth:`jobs`, and Wait where only other workers can continue."""
        with optimize_loop(self.study, begins=self.begins) as is_stopped:
            while not is_stopped() and time.monotonic() < self.deadline:
                claim = self.board.claim_next(show_ended=bool(self.callbacks))
                if isinstance(claim, Done):
                    return
                if isinstance(claim, Wait):
                    yield claim
                    continue
                if isinstance(claim, Ended):
                    ended = claim.trials
                else:
                    ended = yield from self._jobs_of(claim)
                for trial in ended:
                    for callback in self.callbacks:
                        callback(self.study, trial)

    def _jobs_of(self, claim: Claim) -> Generator[HyperbandJob, None, tuple[FrozenTrial, ...]]:
        """Yield a claim's job, twice if its checkpoint is damaged; return what it ended."""
        try:
            trial, start = live_trial(self.study, claim.trial_id), claim.start
            if start and not self.checkpoints.exists(claim.number, start):
                _warn_once(trial, claim, "is missing")
                start = 0
            yield (job := self._job(trial, claim, start))
            if job._is_to_restart:
                _warn_once(trial, claim, f"is damaged ({job._error})")
                yield (job := self._job(trial, claim, 0))
            if claim.lock.is_locked:
                raise RuntimeError(
                    f"The job of trial {claim.number} has not ended; call its finish, prune or "
                    "fail before asking for the next job."
                )
        finally:
            # Ctrl-C, a full disk, an unavailable storage: the configuration is not at fault.
            if claim.lock.is_locked:
                self.board.put_back(claim)
        if job._error is not None:
            _logger.warning(f"Trial {claim.number} failed and is left out: {job._error!r}")
        return job._ended

    def _job(self, trial: ResumedTrial, claim: Claim, start: int) -> HyperbandJob:
        budget = self.checkpoints.prepare(claim.number, start, claim.stop)
        return HyperbandJob(trial, budget, self.board, claim)


def _warn_once(trial: optuna.Trial, claim: Claim, problem: str) -> None:
    """Warn of a lost checkpoint, once per trial."""
    if trial.storage.get_trial(claim.trial_id).system_attrs.get(RESTARTED):
        return
    trial.storage.set_trial_system_attr(claim.trial_id, RESTARTED, True)
    warnings.warn(
        f"The checkpoint of trial {claim.number} at {claim.start} {problem}; it is trained from "
        "the start.",
        stacklevel=2,
    )
