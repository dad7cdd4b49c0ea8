"""The layers of a network of which the weights are known, but not the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.layers.layer import UNKNOWN, Layer
from optuna_dnc.report.layers.of_module import layers_of_module

Weights = Mapping[str, torch.Tensor]
_SIDE = 32
"""Of the images that a network is tried with; what comes of it is not shown."""


def layers_of_known_family(family: NetworkFamily, config: Any, weights: Weights) -> list[Layer]:
    """Build the network for data of the shape that its first and its last weights tell of.

    The sizes of images are not among that, and are told as unknown.

    Args:
        family: A family whose first and last parameters are those of its first and last layer.
        config: The network.
        weights: Its state dict, in any order.
    """
    is_image = any(tensor.dim() == 4 for tensor in weights.values())
    pixels = (_SIDE, _SIDE) if is_image else ()
    in_order = family.build(config, (1, *pixels), 1).state_dict()
    matrices = [weights[name] for name in in_order if weights[name].dim() > 1]
    n_in, n_out = matrices[0].shape[1], matrices[-1].shape[0]
    layers = layers_of_module(family, config, (n_in, *pixels), n_out)
    return [
        replace(layer, shape=layer.shape[:1] + (UNKNOWN,) * len(layer.shape[1:]))
        for layer in layers
    ]


def layers_of_weights(weights: Weights) -> list[Layer]:
    """One layer for each part of a network with a matrix or kernel, by the parts' names.

    What only has vectors, such as a norm, counts to the layer before. Numbers in names are
    ordered as such; beyond that, the order of the names need not be that of the network.
    """
    layers: list[Layer] = []
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name in sorted(weights, key=_by_numbers):
        part, _, last = name.rpartition(".")
        if not last.startswith(("running_", "num_batches")):
            parts.setdefault(part, {})[last] = weights[name]
    for tensors in parts.values():
        n_params = sum(tensor.numel() for tensor in tensors.values())
        matrix = next((tensor for tensor in tensors.values() if tensor.dim() > 1), None)
        if matrix is not None or not layers:
            layers.append(_layer(matrix, n_params))
        else:
            layers[-1] = replace(layers[-1], n_params=layers[-1].n_params + n_params)
    return layers


def _by_numbers(name: str) -> list[tuple[bool, int, str]]:
    return [
        (not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in name.split(".")
    ]


def _layer(matrix: torch.Tensor | None, n_params: int) -> Layer:
    if matrix is None:
        return Layer("weights", n_params=n_params)
    n_out, _, *kernel = matrix.shape
    name = f"conv {'×'.join(map(str, kernel))}" if kernel else "linear"
    return Layer(name, shape=(n_out, *(UNKNOWN for _ in kernel)), n_params=n_params)
