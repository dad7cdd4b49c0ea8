"""A network as the rows of a drawing: layers with shapes, parameters and shortcuts."""

from __future__ import annotations

from optuna_dnc.nets.layers.layer import Layer, grouped
from optuna_dnc.nets.layers.of_module import layers_of_module
from optuna_dnc.nets.layers.of_weights import layers_of_weights

__all__ = [
    "Layer",
    "grouped",
    "layers_of_module",
    "layers_of_weights",
]
