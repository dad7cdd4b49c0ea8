"""Module of a residual network, with shake-shake and shake-drop."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from typing_extensions import override

from optuna_dnc.nets.blocks import BatchNorm, Dropout, global_average
from optuna_dnc.nets.cnn_module import fit_shortcut
from optuna_dnc.nets.resnet_config import BlockShape, ResNetConfig, block_shapes


class ResidualBlock(nn.Module):
    """``shortcut(x) + branches(relu(norm(x)))``.

    Where the shape changes, a projection starts from ``relu(norm(x))`` too, as in the authors'
    code of wide residual networks; pooling starts from ``x``. Shake-shake's two branches share
    the first batch norm, which its paper gives to each.
    """

    def __init__(self, shape: BlockShape, config: ResNetConfig, *, death_rate: float) -> None:
        super().__init__()
        self.activation = _norm_and_relu(shape.n_in)
        self.branches = nn.ModuleList(
            _branch(shape, config.block, config.dropout) for _ in range(config.n_branches)
        )
        self.blend = ShakeShake() if config.n_branches == 2 else None
        self.drop = ShakeDrop(death_rate) if death_rate else None
        self.keeps_shape = shape.keeps_shape
        self.projection = (
            nn.Conv2d(shape.n_in, shape.n_out, 1, shape.stride, bias=False)
            if config.shortcut == "projection" and not shape.keeps_shape
            else None
        )

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = self.activation(x)
        residual: torch.Tensor = self.branches[0](activated)
        if self.blend is not None:
            residual = self.blend(residual, self.branches[1](activated))
        if self.drop is not None:
            residual = self.drop(residual)
        if self.projection is not None:
            x = self.projection(activated)
        elif not self.keeps_shape:
            x = fit_shortcut(x, residual)
        # In place, this saves the memory of every block's output a second time.
        return residual.add_(x)


class ResNet(nn.Module):
    """A convolution, residual blocks, global average pooling and one linear layer.

    Maps ``(n, channels, height, width)`` float32 to ``(n, n_outputs)``. A strided convolution
    keeps an odd last row, so that no image is too small.
    """

    def __init__(self, config: ResNetConfig, n_channels: int, n_outputs: int) -> None:
        super().__init__()
        shapes = block_shapes(config)
        self.convolution = _convolution(n_channels, config.channels, 3)
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(shape, config, death_rate=config.death_rate * i / len(shapes))
                for i, shape in enumerate(shapes, start=1)
            )
        )
        self.activation = _norm_and_relu(shapes[-1].n_out)
        self.head = nn.Linear(shapes[-1].n_out, n_outputs)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.activation(self.blocks(self.convolution(x)))
        outputs: torch.Tensor = self.head(global_average(features))
        return outputs


def _branch(shape: BlockShape, block: str, dropout: float) -> nn.Sequential:
    """Return the convolutions of a block, with activations in between."""
    n_in, n_inner, n_out, stride = shape
    if block == "basic":
        layers = [_convolution(n_in, n_inner, 3, stride), _norm_and_relu(n_inner)]
        last = _convolution(n_inner, n_out, 3)
    else:
        layers = [
            _convolution(n_in, n_inner, 1),
            _norm_and_relu(n_inner),
            _convolution(n_inner, n_inner, 3, stride),
            _norm_and_relu(n_inner),
        ]
        last = _convolution(n_inner, n_out, 1)
    if dropout:
        layers.append(Dropout(dropout))
    return nn.Sequential(*layers, last)


def _convolution(n_in: int, n_out: int, size: int, stride: int = 1) -> nn.Module:
    return nn.Conv2d(n_in, n_out, size, stride, padding=size // 2, bias=False)


def _norm_and_relu(channels: int) -> nn.Module:
    return nn.Sequential(BatchNorm(channels), nn.ReLU(inplace=True))


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
