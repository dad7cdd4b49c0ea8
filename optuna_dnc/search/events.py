"""Events of a search, for progress displays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from optuna_dnc.runs.records import Record
from optuna_dnc.runs.workers import WorkerStatus


@dataclass(frozen=True)
class SearchStarted:
    """Event before the first trial."""

    network: str
    reason: str | None
    """Why this network family was chosen; None if the user named it."""
    n_train: int
    n_val: int
    n_folds: int
    """Folds of the cross-validation in each trial; 1 for a single validation set."""
    folder: Path
    n_measured: int
    """Number of trials that earlier runs of this search have measured."""
    warnings: tuple[str, ...] = ()
    """Sentences about rare, missing and imbalanced classes."""
    beside: str | None = None
    """Why the folder is not the usual one; None if it is, or if the user named it."""
    columns: tuple[str, ...] = ()
    """Lines about the columns of a table and their kinds; none for other data."""

    @property
    def samples_in_words(self) -> str:
        """How many samples train and validate."""
        if self.n_folds > 1:
            n_samples = self.n_train + self.n_val
            return f"{n_samples:,} samples, cross-validated in {self.n_folds} folds"
        return f"{self.n_train:,} training and {self.n_val:,} validation samples"


@dataclass(frozen=True)
class StageStarted:
    """Event before the first trial of a stage."""

    stage: str
    n_trials: int
    """Number of trials of the stage; an upper bound if it depends on their results."""


@dataclass(frozen=True)
class TrialDone:
    """Event after each trial, also those that an earlier run has finished."""

    stage: str
    number: int
    """Number of the trial in its stage, from 1."""
    n_trials: int
    record: Record
    best: Record | None
    """Best record of all stages; None before a network was trained to its last epoch."""
    seconds_left: float | None
    """Estimated seconds to the end of the search; None before the first epoch."""
    stage_seconds_left: float | None = None
    """Estimated seconds to the end of the stage; None before the first epoch."""


@dataclass(frozen=True)
class StageDone:
    """Event after the last trial of a stage."""

    stage: str
    n_trials: int


@dataclass(frozen=True)
class FoldDone:
    """Event after each training of the cross-validation that chooses between leading networks."""

    number: int
    """Number of the training, from 1."""
    n_trainings: int
    record: Record
    """Record of the network in the search."""
    error: float
    """Its error on another fold."""
    seconds_left: float | None = None
    """Estimated seconds to the end of the search."""


@dataclass(frozen=True)
class WorkersSeen:
    """Event about twice a second while several workers run a search."""

    workers: tuple[WorkerStatus, ...]
    """The live ones, in the order in which they joined."""


Event: TypeAlias = SearchStarted | StageStarted | TrialDone | StageDone | FoldDone | WorkersSeen

Listener: TypeAlias = Callable[[Event], None]


def to_all(*listeners: Listener | None) -> Listener:
    """Return a function that calls each listener with an event; None counts as none."""

    def call(event: Event) -> None:
        for listener in listeners:
            if listener is not None:
                listener(event)

    return call
