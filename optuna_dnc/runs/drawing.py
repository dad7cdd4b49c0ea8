"""Layers of a network, stored in the file of its weights for the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from optuna_dnc.nets.layers import Layer
from optuna_dnc.runs.schema_types import Count, Name, Stored, Text
from optuna_dnc.training.weights_header import layers_in

MOST_LAYERS = 100_000
"""Largest number of layers that are read from a file, which may come from elsewhere."""


class StoredLayer(Stored):
    """JSON form of a :class:`optuna_dnc.nets.layers.Layer`."""

    name: Name
    details: Annotated[list[Text], Field(max_length=1000)]
    shape: Annotated[list[Count], Field(max_length=100)]
    n_params: Count
    times: Count
    shortcuts: Annotated[list[Count], Field(max_length=MOST_LAYERS)]


_LAYERS = TypeAdapter(Annotated[list[StoredLayer], Field(max_length=MOST_LAYERS)])


def layers_to_json(layers: Sequence[Layer]) -> str:
    """Return layers as JSON that :func:`drawn_layers_in` reads."""
    return json.dumps([asdict(layer) for layer in layers])


def drawn_layers_in(path: Path) -> list[Layer] | None:
    """Return the layers in a file of weights; None if it holds none.

    Args:
        path: The file; it may be missing.
    """
    rows = layers_in(path)
    if rows is None:
        return None
    try:
        stored = _LAYERS.validate_python(rows)
    except ValidationError:
        return None
    if any(start >= len(stored) for row in stored for start in row.shortcuts):
        return None
    return [
        Layer(
            row.name,
            tuple(row.details),
            tuple(row.shape),
            row.n_params,
            row.times,
            tuple(row.shortcuts),
        )
        for row in stored
    ]
