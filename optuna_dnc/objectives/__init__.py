"""Penalized loss, cost measures, and measurements of trainings."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec
from optuna_dnc.objectives.cost_registry import (
    cost_measure,
    cost_names,
    described_cost,
    described_costs,
    register_cost,
)
from optuna_dnc.objectives.loss import CostNormalizer, penalized_loss
from optuna_dnc.objectives.measurement import (
    WORST_ERROR,
    Measurement,
    Status,
    is_out_of_memory,
    unusable,
)
from optuna_dnc.objectives.metrics import NetworkMetrics, Quality, metrics_from_dict
from optuna_dnc.objectives.recorded_costs import (
    CostMeter,
    cost_cells,
    costs_from_dict,
    costs_in_short,
    costs_in_words,
    costs_to_dict,
)

__all__ = [
    "WORST_ERROR",
    "CostMeasure",
    "CostMeter",
    "CostNormalizer",
    "Fit",
    "Measurement",
    "NetworkMetrics",
    "NetworkSpec",
    "Quality",
    "Status",
    "cost_cells",
    "cost_measure",
    "cost_names",
    "costs_from_dict",
    "costs_in_short",
    "costs_in_words",
    "costs_to_dict",
    "described_cost",
    "described_costs",
    "is_out_of_memory",
    "metrics_from_dict",
    "penalized_loss",
    "register_cost",
    "unusable",
]
