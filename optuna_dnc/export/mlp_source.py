"""The code of a multi-layer perceptron."""

from __future__ import annotations

import math

from optuna_dnc.export.network_source import NetworkSource
from optuna_dnc.nets import MLPConfig


def mlp_source(config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> NetworkSource:
    """Write a network out; see :class:`optuna_dnc.nets.MLPConfig`."""
    sizes = (math.prod(input_shape), *config.widths)
    layers, steps = [], []
    if len(input_shape) > 1:
        steps.append("x = x.flatten(1)")
    for i, (n_in, n_out) in enumerate(zip(sizes, config.widths, strict=False), start=1):
        layers.append(f"self.hidden_{i} = nn.Linear({n_in}, {n_out})")
        step = f"torch.{config.activation}(self.hidden_{i}(x))"
        steps.append(f"x = self.dropout({step})" if config.dropout else f"x = {step}")
    layers.append(f"self.output = nn.Linear({sizes[-1]}, {n_outputs})")
    steps.append("return self.output(x)")
    if config.dropout:
        layers.append(f"self.dropout = nn.Dropout({config.dropout})")
    nodes = "-".join(str(size) for size in (*sizes, n_outputs))
    return NetworkSource(
        title=f"Multi-layer perceptron, {nodes} nodes, {config.activation}"
        if config.widths
        else f"Linear network, {nodes} nodes",
        layers=tuple(layers),
        steps=tuple(steps),
        convolves=False,
    )
