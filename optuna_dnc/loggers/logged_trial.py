"""Data of a trial that its loggers get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from optuna_dnc.runs.records import Record


@dataclass(frozen=True)
class LoggedTrial:
    """Trial of a search in the terms of experiment trackers."""

    study: str
    """Name of the study, such as ``digits/1-core-architecture``."""
    number: int
    params: Mapping[str, Any]
    """Description of the network and its training hyperparameters."""
    metrics: Mapping[str, float]
    """Loss, validation error and accuracy, costs, seconds."""
    curves: Mapping[str, Mapping[int, float]]
    """Training loss, validation loss and error by epoch, from 1; empty if another trial's training
    was reused."""

    @property
    def name(self) -> str:
        """Study and number."""
        return f"{self.study}/{self.number}"

    @classmethod
    def of(cls, study: optuna.Study, trial: FrozenTrial) -> LoggedTrial:
        """Create it from a trial of a search that has a record."""
        record = Record.from_trial(trial)
        measured = record.measured
        metrics = {
            "loss": record.loss,
            "val_error": measured.error,
            "val_accuracy": measured.val_accuracy,
            **measured.costs,
            "seconds": record.seconds,
        }
        curves = {
            name: {epoch: value for epoch, value in enumerate(values, 1) if value is not None}
            for name, values in record.epochs.items()
        }
        return cls(
            study.study_name,
            trial.number,
            {"network": record.description, **record.training},
            {name: value for name, value in metrics.items() if value is not None},
            curves,
        )
