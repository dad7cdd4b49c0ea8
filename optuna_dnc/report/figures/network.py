"""Drawing of the layers of the best network."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from plotly import graph_objects as go

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.nets.layers import INPUT, Layer, grouped
from optuna_dnc.report.figures.boxes import Boxes
from optuna_dnc.report.figures.theme import BLUE, GREEN, GREY, ORANGE, PINK, plain
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.drawing import drawn_layers_in

MOST_ROWS = 24
"""Maximum number of layers; the middle of a deeper network is omitted."""
_WIDTH = 42
"""Characters of a line that fit on a phone."""
_COLORS = (("input", GREY), ("linear", BLUE), ("conv", ORANGE), ("residual", GREEN))


def network(search: Run, family: NetworkFamily | None = None) -> go.Figure | None:
    """Draw the layers of the final network, with output shapes and numbers of parameters.

    Args:
        search: A search.
        family: Custom network family of a search that was run with a version that did not keep
            the layers of its networks.

    Returns:
        None before the first network, or if its weights were not kept.
    """
    best = search.answer_record
    if best is None or not best.measured.is_usable:
        return None
    layers = _layers(search, best, family)
    return drawn_layers(layers, int(best.measured.costs["n_params"])) if layers else None


def _layers(search: Run, best: Record, family: NetworkFamily | None) -> list[Layer]:
    weights = search.folder.checkpoint(best.key)
    layers = drawn_layers_in(weights)
    return _of_earlier_versions(search, best, family, weights) if layers is None else layers


def _of_earlier_versions(
    search: Run, best: Record, family: NetworkFamily | None, weights: Path
) -> list[Layer]:
    """Return the layers of a network that were not stored with its weights; imports torch."""
    from optuna_dnc.nets.layers import layers_of_module, layers_of_weights
    from optuna_dnc.nets.size_check import is_small
    from optuna_dnc.training.weights import load_weights

    shapes = search.studies.shapes()
    with suppress(InputError):
        family = family or network_family(search.settings["network"], search.settings["space"])
        config = family.config_from_dict(best.config)
        if shapes is not None and is_small(family, config, *shapes):
            return grouped(layers_of_module(family, config, *shapes))
    try:
        return grouped(layers_of_weights(load_weights(weights)))
    except (FileNotFoundError, DamagedFile):
        return []  # a running search may have replaced its best network by now


def drawn_layers(layers: Sequence[Layer], n_params: int) -> go.Figure:
    """Draw layers with arcs for their shortcuts.

    Args:
        layers: Layers from the input on.
        n_params: Number of parameters of the whole network.
    """
    n_omitted = max(len(layers) - MOST_ROWS, 0)
    first_omitted = MOST_ROWS // 2
    kept = [i for i in range(len(layers)) if not first_omitted <= i < first_omitted + n_omitted]
    row_of = {i: row + (row >= first_omitted and n_omitted > 0) for row, i in enumerate(kept)}
    boxes = Boxes(has_arcs=any(layers[i].shortcuts for i in kept))
    for i in kept:
        layer = layers[i]
        boxes.add_box(
            row_of[i],
            _label(layer),
            _remark(layer),
            color=_color(layer.name),
            share=layer.n_params / n_params,
            hover=plain(", ".join((layer.name, *layer.details))),
        )
        for start in layer.shortcuts:
            if start in row_of:
                boxes.add_arc(row_of[start], row_of[i])
    if n_omitted:
        hidden = sum(layers[i].n_params for i in range(first_omitted, first_omitted + n_omitted))
        boxes.add_remark(first_omitted, f"… {n_omitted} more layers, {hidden:,} parameters")
    return boxes.figure("The best network", len(kept) + (n_omitted > 0))


def _color(name: str) -> str:
    return next((color for start, color in _COLORS if name.startswith(start)), PINK)


def _label(layer: Layer) -> str:
    times = f"{layer.times} × " if layer.times > 1 else ""
    width = _WIDTH - len(times) - len(layer.name)
    details = textwrap.shorten(", ".join(layer.details), width, placeholder=" …")
    label = f"{times}<b>{plain(layer.name)}</b>"
    return f"{label}, {plain(details)}" if details else label


def _remark(layer: Layer) -> str:
    parts = []
    if layer.shape:
        sizes = " × ".join(map(str, layer.shape))
        parts.append(sizes if layer.name == INPUT else f"output {sizes}")
    if layer.n_params:
        parts.append(f"{layer.n_params:,} parameters")
    return " &nbsp;·&nbsp; ".join(parts)
