"""Layers that the network families share: activation, dropout, batch norm, initial weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from typing_extensions import override

_MODULES: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def activation_module(name: str) -> nn.Module:
    """Return a new module for the name of an activation function."""
    # In place, ReLU saves the memory of every layer's output a second time.
    return nn.ReLU(inplace=True) if name == "relu" else _MODULES[name]()


class Dropout(nn.Module):
    """``x * m / (1 - p)`` with ``m`` zero with probability ``p``, while training; else ``x``.

    On the CPU torch draws one Bernoulli number per value, one after the other, which takes a
    tenth of an MLP's training and more of a CNN's. Here each 64 random bits decide four values:
    three times as fast. ``p`` is rounded to a multiple of 1/65536. Draws from torch's global
    generator, like torch's own; on other devices torch's own is used.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self._threshold = round(p * 2**16)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        if x.device.type != "cpu":
            return functional.dropout(x, self.p)
        bits = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        values = bits.view(torch.int16)[: x.numel()]
        kept = torch.empty_like(x)  # dense, in the memory format of x
        torch.ge(values, self._threshold - 2**15, out=kept.as_strided(values.shape, (1,)))
        return x * kept.mul_(2**16 / (2**16 - self._threshold))

    @override
    def extra_repr(self) -> str:
        return f"p={self.p}"


class BinaryLogits(nn.Module):
    """Logits of two classes from one, ``(..., 1) -> (..., 2)``: 0 and the input.

    A softmax depends on the difference of two logits alone, so that one output says as much as
    two, with half the weights.
    """

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.pad(x, (1, 0))


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that can train on a single value a channel, for which torch raises an error.

    One sample of one pixel has no spread to divide by: it is normalized as in evaluation, and
    the running statistics stay as they are.
    """

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or x.numel() > x.shape[1]:
            return super().forward(x)
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


def global_average(x: torch.Tensor) -> torch.Tensor:
    """Average over the pixels, ``(n, channels, height, width)`` to ``(n, channels)``."""
    # The gradient of ``x.mean((2, 3))`` is not in the channels-last format of x, which makes the
    # backward pass of the last layer several times as slow.
    return x.permute(0, 2, 3, 1).flatten(1, 2).mean(dim=1)


@torch.no_grad()
def he_normal_(module: nn.Module) -> None:
    """Initialize in place: He-normal weights and zero biases for linear and conv layers.

    Deep-n-Cheap's choice for every network. Draws from torch's global generator.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
