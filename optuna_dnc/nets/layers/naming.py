"""Names of modules in the drawing of a network."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

_OWN_WORDS = {"maxpool": "max pool", "avgpool": "average pool"}
FUNCTIONS = {
    "relu": "relu",
    "gelu": "gelu",
    "silu": "silu",
    "leaky_relu": "leaky relu",
    "elu": "elu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "mean": "average",
    "max_pool1d": "max pool",
    "max_pool2d": "max pool",
    "avg_pool2d": "average pool",
    "adaptive_avg_pool2d": "average pool",
}
"""Functions that are worth a word where a network calls them itself."""


def is_weighted(module: nn.Module) -> bool:
    """Return whether a module has a matrix of weights, and so a row; a batch norm has none."""
    return any(parameter.dim() > 1 for parameter in module.parameters())


def name_of(module: nn.Module) -> str:
    """Return ``conv 3×3``, ``linear``, ``batch norm``, ``dropout 0.2`` or ``my own block``."""
    if is_weighted(module) and hasattr(module, "kernel_size"):
        return _convolution(module)
    name = words(type(module).__name__)
    if type(module).__module__ == "torch.nn.modules.activation":
        name = type(module).__name__.lower()
    number = _own_number(module)
    return name if number is None else f"{name} {number}"


def words(class_name: str) -> str:
    """Return ``residual block`` for ``ResidualBlock``; a dimension at the end is left out."""
    plain = re.sub(r"\d[dD]$", "", class_name).lstrip("_")
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain).lower()
    return _OWN_WORDS.get(split, split)


def _own_number(module: Any) -> str | None:
    if isinstance(getattr(module, "p", None), float):
        return f"{module.p:g}"
    size = getattr(module, "kernel_size", None)
    return str(size) if isinstance(size, int) else None


def _convolution(module: Any) -> str:
    kind = "transposed conv" if module.transposed else "conv"
    size = "×".join(map(str, module.kernel_size))
    stride = max(module.stride)
    return f"{kind} {size}" if stride == 1 else f"{kind} {size}, stride {stride}"
