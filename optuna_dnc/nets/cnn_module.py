"""Module of a convolutional network."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from typing_extensions import override

from optuna_dnc.nets.blocks import Dropout, activation_module, global_average
from optuna_dnc.nets.cnn_config import CNNConfig
from optuna_dnc.nets.layout import SHORTCUT_SPAN


class ConvLayer(nn.Module):
    """Pooling, convolution, batch norm, shortcut, activation, dropout; as the config says."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        kernel_size: int,
        downsampling: str,
        batch_norm: bool,
        dropout: float,
        activation: str,
    ) -> None:
        super().__init__()
        stride = 2 if downsampling == "stride" else 1
        self.pool = nn.MaxPool2d(2) if downsampling == "pool" else None
        self.convolution = nn.Conv2d(
            n_in, n_out, kernel_size, stride=stride, padding=kernel_size // 2
        )
        self.norm = nn.BatchNorm2d(n_out) if batch_norm else None
        self.activation = activation_module(activation)
        self.dropout = Dropout(dropout) if dropout else None

    @override
    def forward(self, x: torch.Tensor, shortcut: torch.Tensor | None) -> torch.Tensor:
        if self.pool is not None:
            x = self.pool(x)
        x = self.convolution(x)
        if self.norm is not None:
            x = self.norm(x)
        if shortcut is not None:
            x = x + fit_shortcut(shortcut, x)
        x = self.activation(x)
        return x if self.dropout is None else self.dropout(x)


class ConvNet(nn.Module):
    """Conv layers with shortcuts, global average pooling and one linear layer.

    Maps ``(n, channels, height, width)`` float32 to ``(n, n_outputs)``.
    """

    def __init__(self, config: CNNConfig, n_channels: int, n_outputs: int) -> None:
        super().__init__()
        self.starts = frozenset(config.shortcuts)
        self.layers = nn.ModuleList(
            ConvLayer(
                n_in,
                n_out,
                kernel_size=kernel_size,
                downsampling=downsampling,
                batch_norm=batch_norm,
                dropout=dropout,
                activation=config.activation,
            )
            for n_in, n_out, kernel_size, downsampling, batch_norm, dropout in zip(
                (n_channels, *config.channels[:-1]),
                config.channels,
                config.kernel_sizes,
                config.downsampling,
                config.batch_norm,
                config.dropout,
                strict=True,
            )
        )
        self.head = nn.Linear(config.channels[-1], n_outputs)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        carried: dict[int, torch.Tensor] = {}
        for i, layer in enumerate(self.layers):
            x = layer(x, carried.pop(i - SHORTCUT_SPAN, None))
            if i in self.starts:
                carried[i] = x
        outputs: torch.Tensor = self.head(global_average(x))
        return outputs


def fit_shortcut(carried: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Average-pool and zero-pad ``carried (n, c1, h1, w1)`` to the shape of ``target``.

    Channels never shrink in the search space; in a hand-written config that shrinks them, the
    channels beyond the target's are dropped.
    """
    if carried.shape[2:] != target.shape[2:]:
        carried = functional.adaptive_avg_pool2d(carried, (target.shape[2], target.shape[3]))
    missing = target.shape[1] - carried.shape[1]
    return functional.pad(carried, (0, 0, 0, 0, 0, missing)) if missing else carried
