"""Schema of ensemble.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optuna_dnc.data import Task
from optuna_dnc.runs.schema_types import (
    Count,
    Fraction,
    Json,
    Measured,
    Name,
    Positive,
    Seconds,
    Stored,
    Text,
)
from optuna_dnc.runs.schemas import StoredCosts, StoredTraining
from optuna_dnc.runs.stored_preprocessing import StoredPreprocessing


class StoredSearch(Stored):
    """``search`` of ensemble.json."""

    path: Text


class StoredMember(StoredCosts):
    """One of the ``members`` of ensemble.json."""

    file: Name
    source: Name
    description: Text
    key: Name
    config: Json
    training: StoredTraining
    val_error: Measured


class StoredPerformance(StoredCosts):
    """``performance`` and ``best`` of ensemble.json."""

    val_error: Measured
    val_accuracy: Fraction | None
    test_error: Measured | None
    test_accuracy: Fraction | None
    metric: Name | None = None
    val_metric: Measured | None = None
    test_metric: Measured | None = None
    seconds_per_sample: Seconds


class StoredEnsemble(Stored):
    """ensemble.json."""

    dataset: Name
    network: Name
    space: Json
    task: Task
    kind: Literal["leaders", "snapshots"] = "leaders"
    selection: Literal["greedy", "mean"] = "mean"
    n_candidates: Count
    members: Annotated[list[StoredMember], Field(min_length=1)]
    weights: list[Positive]
    performance: StoredPerformance
    best: StoredPerformance
    preprocessing: StoredPreprocessing
    settings: Json = Field(default_factory=dict)
    search: StoredSearch | None = None

    @model_validator(mode="after")
    def _a_weight_for_each(self) -> StoredEnsemble:
        if len(self.weights) != len(self.members) or abs(sum(self.weights) - 1) > 1e-6:
            raise ValueError("weights must be one for each member, and sum to 1")
        return self
