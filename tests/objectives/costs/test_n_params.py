"""Number of trainable parameters."""

from __future__ import annotations

from optuna_dnc.objectives import cost_measure
from optuna_dnc.testing import CostContract


class TestNParams(CostContract):
    measure = cost_measure("n_params")
