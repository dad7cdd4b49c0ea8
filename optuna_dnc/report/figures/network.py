"""Drawing of the layers of the best network, as stacked boxes with arcs on their left."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from plotly import graph_objects as go

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.nets.layers import INPUT, Layer, grouped
from optuna_dnc.report.figures.theme import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    HEADING,
    LIGHT,
    MARGIN,
    ORANGE,
    PINK,
    WASH,
    new_figure,
    plain,
)
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


ROW = 56
"""Height of a row in pixels; row k is at ``y = -k``."""
ARCS = 0.12
"""Left end of the boxes if there are arcs; the figure has the width 1."""
_HALF = 0.38
"""Half of a box's height in rows."""
_BAR = 0.06
"""Height of the bar in a box, in rows."""


class Boxes:
    """Builder of a figure of stacked boxes."""

    def __init__(self, *, has_arcs: bool) -> None:
        self._left = ARCS if has_arcs else 0.0
        self._shapes: list[dict[str, Any]] = []
        self._notes: list[dict[str, Any]] = []

    def figure(self, title: str, n_rows: int) -> go.Figure:
        """Return the figure with ``n_rows`` rows."""
        figure = new_figure(title, height=HEADING + ROW * n_rows + MARGIN)
        figure.update_xaxes(range=[0, 1], visible=False)
        figure.update_yaxes(range=[0.5 - n_rows, 0.5], visible=False)
        # Added at once: plotly validates all existing ones with each addition.
        return figure.update_layout(shapes=self._shapes, annotations=self._notes)

    def add_box(
        self, row: int, label: str, remark: str, *, color: str, share: float, hover: str
    ) -> None:
        """Add a box with two lines of text.

        Args:
            row: Row of the box, from 0.
            label: The first line, in plotly's subset of HTML, as are the other texts.
            remark: The second line, smaller.
            color: Color of the left edge and of the bar.
            share: Length of the bar as a fraction of the width of the box, in [0, 1].
            hover: Hover text.
        """
        left, low, high = self._left, -row - _HALF, -row + _HALF
        self._add_rectangle(left, 1, low, high, WASH, {"width": 1, "color": LIGHT})
        self._add_rectangle(left, left + 0.012, low, high, color, {"width": 0})
        if share > 0:
            end = left + share * (1 - left)
            self._add_rectangle(left, end, low, low + _BAR, color, {"width": 0})
        self._add_text(row, label, size=13, color=BLACK, yshift=11, hovertext=hover)
        self._add_text(row, remark, size=12, color=GREY, yshift=-6, hovertext=hover)

    def add_remark(self, row: int, text: str) -> None:
        """Add a line of text in place of a box."""
        self._add_text(row, text, size=13, color=GREY)

    def add_arc(self, start: int, end: int) -> None:
        """Add an arc from the box of one row to that of a lower row."""
        depth = min(0.03 + 0.025 * (end - start), ARCS - 0.01)
        out, into = -start - 0.1, -end + 0.1
        # A cubic Bezier curve reaches three quarters of the way to its control points.
        bulge = f"{ARCS - 4 / 3 * depth:.3f}"
        self._shapes.append(
            {
                "type": "path",
                "path": f"M {ARCS},{out} C {bulge},{out} {bulge},{into} {ARCS},{into}",
                "line": {"width": 2, "color": ORANGE},
            }
        )
        self._notes.append(
            {
                "x": ARCS,
                "y": into,
                "ax": -8,
                "ay": 0,
                "text": "",
                "showarrow": True,
                "arrowhead": 2,
                "arrowwidth": 2,
                "arrowcolor": ORANGE,
            }
        )

    def _add_rectangle(
        self, x0: float, x1: float, y0: float, y1: float, fill: str, line: dict[str, Any]
    ) -> None:
        self._shapes.append(
            {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1,
             "fillcolor": fill, "line": line}
        )  # fmt: skip

    def _add_text(self, row: int, text: str, *, size: int, color: str, **more: Any) -> None:
        self._notes.append(
            {
                "x": self._left + 0.03,
                "y": -row,
                "xanchor": "left",
                "text": text,
                "showarrow": False,
                "font": {"size": size, "color": color},
                **more,
            }
        )
