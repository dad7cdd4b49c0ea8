"""Module that averages the outputs of several networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from typing_extensions import override


class Averaged(nn.Module):
    """Weighted mean of the outputs of networks; for classification, of their probabilities.

    Of these it returns the logarithms, whose softmax are the probabilities again.
    """

    def __init__(
        self, networks: Sequence[nn.Module], weights: Sequence[float], *, is_classifier: bool
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.weights = tuple(weights)
        self.is_classifier = is_classifier

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for network, weight in zip(self.networks, self.weights, strict=True):
            outputs = network(x).double()
            total = total + weight * (outputs.softmax(dim=1) if self.is_classifier else outputs)
        # A probability of 0 has no logarithm that all engines agree on.
        return total.clamp(min=1e-300).log() if self.is_classifier else total
