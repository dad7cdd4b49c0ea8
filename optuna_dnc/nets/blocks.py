"""Pieces that the network families share: activations and initial weights."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Activation = Literal["relu", "tanh", "sigmoid"]

_MODULES: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
ACTIVATIONS = tuple(_MODULES)


def activation_module(name: str) -> nn.Module:
    """A new module for one of :data:`ACTIVATIONS`."""
    return _MODULES[name]()


@torch.no_grad()
def he_normal_(module: nn.Module) -> None:
    """Initialise in place: He-normal weights and zero biases for linear and conv layers.

    Deep-n-Cheap's choice for every network. Draws from torch's global generator.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
