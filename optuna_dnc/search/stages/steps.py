"""Steps of a worker, from the first training to the result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from optuna_dnc.pruners.claims import Claims
from optuna_dnc.search.stages.worker import DONE, WAIT, Outcome

FINISH = "finish"
"""Claim of the worker that writes the result."""

Result = TypeVar("Result")


class Steps(ABC, Generic[Result]):
    """Steps of a worker, possibly beside others, until one of them writes the result."""

    @property
    @abstractmethod
    def claims(self) -> Claims:
        """Claims that all workers share."""

    @abstractmethod
    def work_once(self) -> Outcome:
        """Train one network, if this worker can.

        Returns:
            ``done`` if :meth:`finish` may be called: nothing is left to train, or no time.
        """

    @abstractmethod
    def wait(self) -> None:
        """Wait until another worker may have ended a trial."""

    @abstractmethod
    def _finish(self) -> Result:
        """Write the result; the worker holds the claim for it."""

    def complete(self) -> Result:
        """Train all that is left within the time limit, and write the result."""
        while (outcome := self.work_once()) != DONE:
            self.wait_after(outcome)
        return self.finish()

    def work_or_finish(self) -> Outcome:
        """Do the next step; the last one is :meth:`finish`, unless another worker is doing it."""
        outcome = self.work_once()
        if outcome != DONE:
            return outcome
        lock = self.claims.take(FINISH)
        if lock is None:
            return WAIT
        try:
            self._finish()
        finally:
            lock.release()
        return DONE

    def wait_after(self, outcome: Outcome) -> None:
        """Wait for other workers if only they can continue."""
        if outcome == WAIT:
            self.wait()

    def finish(self) -> Result:
        """Write the result. Only one worker at a time does so; the others then find it."""
        with self.claims.held(FINISH):
            return self._finish()
