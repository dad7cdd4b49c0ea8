"""Layers of a network from its weights alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from optuna_dnc.nets.layers.layer import Layer

Weights = Mapping[str, torch.Tensor]


def layers_of_weights(weights: Weights) -> list[Layer]:
    """Return one layer for each module with a matrix or kernel, in the order of their names.

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
    if not kernel:
        return Layer("linear", shape=(n_out,), n_params=n_params)
    return Layer(
        f"conv {'×'.join(map(str, kernel))}", details=(f"{n_out} channels",), n_params=n_params
    )
