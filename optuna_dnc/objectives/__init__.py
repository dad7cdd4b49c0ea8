"""Penalized loss, metrics, cost measures, and measurements of training runs."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec
from optuna_dnc.objectives.cost_registry import (
    CostMeter,
    cost_cells,
    cost_measure,
    cost_names,
    costs_from_dict,
    costs_in_short,
    costs_in_words,
    costs_to_dict,
    described_cost,
    described_costs,
    register_cost,
)
from optuna_dnc.objectives.loss import CostNormalizer, penalized_loss
from optuna_dnc.objectives.measurement import (
    Measurement,
    Status,
    is_out_of_memory,
    unusable,
)
from optuna_dnc.objectives.metric import DEFAULT_METRICS, Metric, Predictions, Targets
from optuna_dnc.objectives.metric_registry import (
    METRICS,
    described_metric,
    metric_named,
    metric_of,
    recorded_metric,
    register_metric,
)
from optuna_dnc.objectives.metrics import NetworkMetrics, Quality, metrics_from_dict
from optuna_dnc.objectives.score import Score

__all__ = [
    "DEFAULT_METRICS",
    "METRICS",
    "CostMeasure",
    "CostMeter",
    "CostNormalizer",
    "Fit",
    "Measurement",
    "Metric",
    "NetworkMetrics",
    "NetworkSpec",
    "Predictions",
    "Quality",
    "Score",
    "Status",
    "Targets",
    "cost_cells",
    "cost_measure",
    "cost_names",
    "costs_from_dict",
    "costs_in_short",
    "costs_in_words",
    "costs_to_dict",
    "described_cost",
    "described_costs",
    "described_metric",
    "is_out_of_memory",
    "metric_named",
    "metric_of",
    "metrics_from_dict",
    "penalized_loss",
    "recorded_metric",
    "register_cost",
    "register_metric",
    "unusable",
]
