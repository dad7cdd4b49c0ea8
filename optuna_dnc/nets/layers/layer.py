"""Layers of the drawing of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
