"""One of the workers that carry out a schedule."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._disk_errors import is_disk_broken
from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import live_trial, optimize_loop
from optuna_dnc.pruners.board import Board, Closed, Job
from optuna_dnc.pruners.checkpoints import Budget, Checkpoints, DamagedCheckpoint
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.pruners.stored import RESTARTED

Objective = Callable[[optuna.Trial, Budget], float]
Callback = Callable[[Study, FrozenTrial], None]

_logger = optuna.logging.get_logger("optuna.optuna_dnc")  # heeds Optuna's verbosity

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Takes jobs, trains, and writes down what came of them, until there are no more."""

    study: Study
    objective: Objective
    board: Board
    checkpoints: Checkpoints
    catch: tuple[type[Exception], ...]
    callbacks: Sequence[Callback]
    deadline: float
    """On the clock of ``time.monotonic()``."""

    def work(self) -> None:
        """Work until all is done, the time is up or the study is stopped."""
        pause = _SHORTEST_PAUSE
        with optimize_loop(self.study) as is_stopped:
            while not is_stopped() and time.monotonic() < self.deadline:
                job = self.board.next_job(show_closed=bool(self.callbacks))
                if isinstance(job, Done):
                    return
                if isinstance(job, Wait):
                    time.sleep(max(0.0, min(pause, self.deadline - time.monotonic())))
                    pause = min(_LONGEST_PAUSE, 1.5 * pause)
                    continue
                pause = _SHORTEST_PAUSE
                ended = job.trials if isinstance(job, Closed) else self._run(job)
                for trial in ended:
                    for callback in self.callbacks:
                        callback(self.study, trial)

    def _run(self, job: Job) -> tuple[FrozenTrial, ...]:
        """Train up to the next rung; return the trial if that ended it."""
        try:
            outcome = self._train(job)
        except BaseException:
            # Ctrl-C, a full disk, a storage that is gone: no fault of the configuration.
            self.board.put_back(job)
            raise
        else:
            return self._write_down(job, outcome)
        finally:
            job.claim.release()

    def _write_down(self, job: Job, outcome: float | Exception) -> tuple[FrozenTrial, ...]:
        if isinstance(outcome, float):
            return self.board.finish(job, outcome)
        if isinstance(outcome, optuna.TrialPruned):
            return (self.board.end(job, TrialState.PRUNED),)
        ended = self.board.end(job, TrialState.FAIL)
        if not isinstance(outcome, self.catch) or isinstance(outcome, _NoNumber):
            raise outcome
        _logger.warning(f"Trial {job.number} failed and is left out: {outcome!r}")
        return (ended,)

    def _train(self, job: Job) -> float | Exception:
        """Return what the objective did, or what it raised."""
        trial = live_trial(self.study, job.trial_id)
        start = job.start
        if start and not self.checkpoints.exists(job.number, start):
            _warn_once(trial, job, "is missing")
            start = 0
        outcome = self._outcome(trial, self.checkpoints.prepare(job.number, start, job.stop))
        if isinstance(outcome, DamagedCheckpoint) and start:
            _warn_once(trial, job, f"is damaged ({outcome})")
            outcome = self._outcome(trial, self.checkpoints.prepare(job.number, 0, job.stop))
        if isinstance(outcome, float):
            # Whatever the objective itself has reported there: rungs compare what it returns.
            trial.settle(outcome, job.stop)
        return outcome

    def _outcome(self, trial: optuna.Trial, budget: Budget) -> float | Exception:
        try:
            value = self.objective(trial, budget)
        except StorageInternalError:
            raise  # no fault of the configuration, whatever the user catches; nor is a full disk
        except Exception as error:
            if is_disk_broken(error):
                raise
            return error
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return _NoNumber(
                f"objective must return a number, got {shown(value)}; return the value "
                "at budget.stop."
            )


class _NoNumber(InputError):  # noqa: N818 - what it is, to who reads it
    """The objective is wrong, and not one configuration."""


def _warn_once(trial: optuna.Trial, job: Job, what: str) -> None:
    if trial.storage.get_trial(job.trial_id).system_attrs.get(RESTARTED):
        return
    trial.storage.set_trial_system_attr(job.trial_id, RESTARTED, True)
    warnings.warn(
        f"The checkpoint of trial {job.number} at {job.start} {what}; it is trained from the "
        "start.",
        stacklevel=2,
    )
