"""Jobs of a search: what a worker trains, from the decision to the study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeAlias

from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import Proposal


class Job(ABC):
    """One training, claimed by one worker.

    :meth:`train` takes the time, and needs no lock. :meth:`settle` records the outcome; the worker
    then holds the decision lock and knows all trials. :meth:`leave` ends the claim in any case.
    """

    label: str
    """Name of the trial, ``stage/number``, and of the fold if it is no training of a stage."""
    description: str
    """Description of the network."""

    @abstractmethod
    def train(self) -> None:
        """Train the network."""

    @abstractmethod
    def settle(self) -> Iterable[Record]:
        """Record the outcome; return the records of trials that have ended."""

    @abstractmethod
    def leave(self) -> None:
        """Give the claim back; a trial that was not settled waits for any worker."""


class Settled:
    """A trial that ended without training: its network was known, or exceeds a limit.

    Args:
        record: Its record; None if it was not trained.
    """

    def __init__(self, record: Record | None) -> None:
        self.record = record


Step: TypeAlias = Job | Settled | Wait | Done
"""What a worker does next. Wait: only others can go on. Done: nothing is left."""


class JobQueue(ABC):
    """The jobs of one stage, as one worker sees them.

    All decisions follow from settings and trials, so that any number of workers shares them and
    a stage resumes where it was interrupted.
    """

    def prepare(self) -> None:  # noqa: B027 - few queues have anything to compute
        """Compute what the next decision needs if nothing changes until then, without the lock."""

    @property
    def is_prepared(self) -> bool:
        """Whether nothing has changed that the next decision would have to compute anew."""
        return True

    @abstractmethod
    def next_step(self) -> Step:
        """Decide what to do; the worker holds the decision lock and knows all trials.

        Raises:
            TimeIsUp: No further training would end in time.
        """

    @abstractmethod
    def is_training(self) -> bool:
        """Return whether any other worker is training a trial of the stage."""

    def ahead(self) -> Iterable[Proposal]:
        """Return what the stage is likely to ask for next, where a worker would have to wait."""
        return ()

    def ended(self) -> Iterable[Record]:
        """Return the records of trials that the last steps have ended, but for settled ones."""
        return ()

    def close(self) -> None:  # noqa: B027 - few queues hold anything
        """End the queue; no step is asked for any more."""
