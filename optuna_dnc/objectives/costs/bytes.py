"""Cost measure ``bytes``."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec


class Bytes(CostMeasure):
    """Bytes of the saved weights: of all parameters and buffers in model.safetensors.

    The header of the file, some hundred bytes, is left out.
    """

    name = "bytes"
    unit = "bytes"

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Ask the network family."""
        return network.family.n_bytes(network.config, network.input_shape, network.n_outputs)
