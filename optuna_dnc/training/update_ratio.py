"""How far a step moves the weights, relative to their size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import torch
from torch import nn

from optuna_dnc._torch_compat import foreach_norm, foreach_sub


def weight_matrices(model: nn.Module) -> list[torch.Tensor]:
    """The trainable weights of linear and conv layers: biases and scales begin at 0 or 1."""
    return [w for w in model.parameters() if w.requires_grad and w.dim() >= 2]


@torch.no_grad()
def update_ratio(weights: list[torch.Tensor], step: Callable[[], None]) -> float:
    """Take a step and return ``||w_after - w_before|| / ||w_before||``, the median of the layers.

    A median, so that no single layer decides.

    Args:
        weights: What the step changes in place, one tensor a layer, all on one device.
        step: Changes them.

    Returns:
        The ratio; NaN where there are no weights, or where they are not finite.
    """
    if not weights:
        step()
        return math.nan
    before = [weight.detach().clone() for weight in weights]
    step()
    changes = foreach_norm(foreach_sub(weights, before))
    ratios = (torch.stack(changes) / torch.stack(foreach_norm(before))).tolist()
    return statistics.median(ratios) if all(map(math.isfinite, ratios)) else math.nan
