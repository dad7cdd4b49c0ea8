"""What a search tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from optuna_dnc.runs.records import Record


@dataclass(frozen=True)
class SearchStarted:
    """Before the first trial."""

    network: str
    reason: str | None
    """Why this network family, where the user named none."""
    n_train: int
    n_val: int
    folder: Path
    n_measured: int
    """Trials that an earlier run of this search has measured."""
    warnings: tuple[str, ...] = ()
    """Sentences on rare, missing and very uneven classes."""


@dataclass(frozen=True)
class StageStarted:
    """Before the first trial of a stage."""

    stage: str
    n_trials: int
    """Trials that the stage will have; an upper bound where it depends on what is found."""


@dataclass(frozen=True)
class TrialDone:
    """After each trial, also those that an earlier run has finished."""

    stage: str
    number: int
    """Counted from 1 in its stage."""
    n_trials: int
    record: Record
    best: Record | None
    """The best so far, over all stages; None before one was trained to its last epoch."""
    seconds_left: float | None
    """Estimate for the rest of the search; None before anything was trained."""


@dataclass(frozen=True)
class StageDone:
    """After the last trial of a stage."""

    stage: str
    n_trials: int


Event: TypeAlias = SearchStarted | StageStarted | TrialDone | StageDone
