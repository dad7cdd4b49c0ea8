from .layer import BLOCK_SHORTCUT, INPUT, Layer, grouped
from .of_module import layers_of_module
from .of_weights import layers_of_weights

__all__ = [
    "BLOCK_SHORTCUT",
    "INPUT",
    "Layer",
    "grouped",
    "layers_of_module",
    "layers_of_weights",
]
