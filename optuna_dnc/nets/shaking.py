"""Shake-shake and shake-drop: random weights of residual branches, others in the backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from typing_extensions import override


class _Scaled(torch.autograd.Function):
    """``forward * x`` with the gradient of ``backward * x``."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, forward: torch.Tensor, backward: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(backward)
        return x * forward

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (backward,) = ctx.saved_tensors
        return gradient * backward, None, None


class _Blended(torch.autograd.Function):
    """``forward * a + (1 - forward) * b``, with ``backward`` as the weight in the gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        a: torch.Tensor,
        b: torch.Tensor,
        forward: torch.Tensor,
        backward: torch.Tensor,
    ) -> torch.Tensor:
        ctx.save_for_backward(backward)
        return torch.lerp(b, a, forward)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (backward,) = ctx.saved_tensors
        to_a = gradient * backward
        return to_a, gradient - to_a, None, None


class ShakeShake(nn.Module):
    """``alpha * a + (1 - alpha) * b``: two branches, blended at random (arXiv 1705.07485).

    ``alpha`` goes forward and an independent ``beta`` back, both uniform in [0, 1) for each
    sample ("Shake-Shake-Image", the best of the paper). In evaluation both are 1/2. Draws from
    the global generator of the device.
    """

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Blend ``a`` and ``b``, both (n, channels, height, width)."""
        if not self.training:
            return (a + b) / 2
        alpha, beta = _uniform(2, a)
        blended: torch.Tensor = _Blended.apply(a, b, alpha, beta)
        return blended


class ShakeDrop(nn.Module):
    """``(b + alpha - b * alpha) * x``: a branch that dies at random (arXiv 1802.02375).

    ``b`` is 0 with probability ``death_rate`` and else 1, ``alpha`` uniform in [-1, 1) forward
    and ``beta`` in [0, 1) in its place back, the paper's ranges; all for each sample, where the
    paper draws ``b`` once for a batch: the same expectation with less noise. In evaluation
    the expected factor ``1 - death_rate``. Draws from the global generator of the device.
    """

    def __init__(self, death_rate: float) -> None:
        super().__init__()
        self.death_rate = death_rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scale ``x``, (n, channels, height, width)."""
        if not self.training:
            return x * (1 - self.death_rate)
        life, alpha, beta = _uniform(3, x)
        lives = life >= self.death_rate
        scaled: torch.Tensor = _Scaled.apply(
            x, (2 * alpha - 1).masked_fill(lives, 1), beta.masked_fill(lives, 1)
        )
        return scaled

    @override
    def extra_repr(self) -> str:
        return f"death_rate={self.death_rate:g}"


def _uniform(count: int, x: torch.Tensor) -> torch.Tensor:
    """Draw uniform numbers for each sample, (count, n, 1, 1, 1), in the dtype of ``x``."""
    # Drawn in float32 also where autocast computes in bfloat16, which has only 256 of them.
    return torch.rand((count, len(x), 1, 1, 1), device=x.device).to(x.dtype)
