"""Deep ensembles: several networks of one architecture whose outputs are averaged."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from typing_extensions import override


class DeepEnsemble(nn.Module):
    """Mean of the outputs of several networks, ``(n, *input_shape) -> (n, n_outputs)``.

    Each network is trained by itself, from other initial weights (Lakshminarayanan et al.,
    NeurIPS 2017). A mean of logits stands for the geometric mean of the probabilities.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([member(x) for member in self.members]).mean(0)


def members_of(network: nn.Module) -> tuple[nn.Module, ...]:
    """Return the networks of an ensemble, or the network itself."""
    return tuple(network.members) if isinstance(network, DeepEnsemble) else (network,)
