"""Schema of refit.json."""

from __future__ import annotations

from pydantic import Field

from optuna_dnc.data import Task
from optuna_dnc.runs.schema_types import (
    Count,
    Fraction,
    Json,
    Measured,
    Name,
    Stored,
    Text,
)
from optuna_dnc.runs.schemas import StoredCosts, StoredTraining


class StoredRequest(Stored):
    """``asked`` of refit.json."""

    data: Name
    seed: Count
    val_fraction: Fraction
    all_samples: bool
    config: Json
    training: StoredTraining


class StoredMeasurement(StoredCosts):
    """``measured`` of refit.json."""

    n_samples: Count
    epochs_run: Count
    val_error: Measured | None
    test_error: Measured | None
    test_accuracy: Fraction | None
    metric: Name | None = None
    val_metric: Measured | None = None
    test_metric: Measured | None = None


class StoredSource(Stored):
    """``search`` of refit.json."""

    path: Text
    n_samples: Count
    epochs: Count
    training: Json = Field(default_factory=dict)


class StoredRefit(Stored):
    """refit.json."""

    dataset: Name
    network: Name
    space: Json
    task: Task
    search: StoredSource
    asked: StoredRequest
    measured: StoredMeasurement
