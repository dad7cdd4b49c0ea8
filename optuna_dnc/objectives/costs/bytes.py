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
        """Count by the config, or add up the tensors of the state dict."""
        counted = network.counted("n_bytes")
        if counted is not None:
            return counted
        return sum(int(tensor.nbytes) for tensor in network.module().state_dict().values())
