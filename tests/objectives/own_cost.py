"""A cost measure as users register their own: a module outside of the package."""

from __future__ import annotations

from optuna_dnc.objectives import CostMeasure, Fit, NetworkSpec, register_cost


@register_cost
class NTensors(CostMeasure):
    """Number of parameter tensors."""

    name = "n_tensors"
    unit = "parameter tensors"
    symbol = "tensors"

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        return len(list(network.module().parameters()))
