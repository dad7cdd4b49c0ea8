"""Samples that are ready for a network."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and what the network should answer.

    x: (n, *input_shape) float32, normalised; y: (n,) int64 class indices, or (n, k) float32
    standardised targets; both on one device.
    """

    x: torch.Tensor
    y: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)
