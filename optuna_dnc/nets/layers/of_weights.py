"""Layers of the drawing of a network, and those that its weights alone show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

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


INPUT = "input"
BLOCK_SHORTCUT = "shortcut"
"""The detail of a layer that holds a shortcut within itself."""


@dataclass(frozen=True)
class Layer:
    """A module with weights and the ones without weights that follow it; or the input."""

    name: str
    """Such as ``conv 3×3``."""
    details: tuple[str, ...] = ()
    """What belongs to the same row, such as ``batch norm`` and ``relu``."""
    shape: tuple[int, ...] = ()
    """Of its output for one sample; empty where it is not known."""
    n_params: int = 0
    """Of all equal ones together."""
    times: int = 1
    """How many equal ones follow each other."""
    shortcuts: tuple[int, ...] = ()
    """Positions of the rows whose outputs are added to that of this one."""


def grouped(layers: Sequence[Layer]) -> list[Layer]:
    """Merge equal layers that follow each other, except where shortcuts begin or end."""
    linked = {i for i, layer in enumerate(layers) if layer.shortcuts}
    linked |= {start for layer in layers for start in layer.shortcuts}
    rows: list[Layer] = []
    place: list[int] = []
    for i, layer in enumerate(layers):
        is_repeated = i > 0 and layer == layers[i - 1] and not linked & {i - 1, i}
        if is_repeated:
            last = rows[-1]
            rows[-1] = replace(last, times=last.times + 1, n_params=last.n_params + layer.n_params)
        else:
            rows.append(layer)
        place.append(len(rows) - 1)
    return [replace(row, shortcuts=tuple(place[i] for i in row.shortcuts)) for row in rows]
