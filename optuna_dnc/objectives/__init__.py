"""The penalised loss, the two measures of cost, and what a trial records."""

from __future__ import annotations

from optuna_dnc.objectives.complexity import Baseline, Penalty
from optuna_dnc.objectives.loss import penalized_loss
from optuna_dnc.objectives.measurement import WORST_ERROR, Measurement, Status, unusable
from optuna_dnc.objectives.memory import is_out_of_memory

__all__ = [
    "WORST_ERROR",
    "Baseline",
    "Measurement",
    "Penalty",
    "Status",
    "is_out_of_memory",
    "penalized_loss",
    "unusable",
]
