"""Cost measure ``n_params``."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec


class NParams(CostMeasure):
    """Number of trainable parameters, as the network family counts them."""

    name = "n_params"
    unit = "parameters"
    symbol = "params"

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Count the parameters."""
        return network.family.n_params(network.config, network.input_shape, network.n_outputs)
