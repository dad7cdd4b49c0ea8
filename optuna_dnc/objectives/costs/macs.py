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
        """Count by the config, or run a sample without values or memory through the network."""
        counted = network.counted("n_macs")
        if counted is not None:
            return counted
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        module = network.module()
        sample = torch.empty(1, *network.input_shape, device="meta")
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(sample)
        return int(counter.get_total_flops()) // 2  # a multiplication and an addition each
