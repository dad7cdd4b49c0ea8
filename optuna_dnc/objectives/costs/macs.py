"""Cost measure ``macs``."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec


class MACs(CostMeasure):
    """Multiply-accumulates of one sample's way through the network, counted from shapes.

    Those of matrix products, convolutions and attention; a convolution multiplies its padding
    too. Biases, normalization, activations and pooling multiply and add nothing that counts.
    """

    name = "macs"
    unit = "multiply-accumulates"
    symbol = "MACs"

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Ask the network family."""
        return network.family.macs(network.config, network.input_shape, network.n_outputs)
