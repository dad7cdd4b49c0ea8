"""Figures of stacked boxes with arcs on their left."""

from __future__ import annotations

from typing import Any

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import (
    BLACK,
    GREY,
    HEADING,
    LIGHT,
    MARGIN,
    ORANGE,
    WASH,
    new_figure,
)

ROW = 56
"""Height of a row in pixels; row k is at ``y = -k``."""
ARCS = 0.12
"""Left end of the boxes if there are arcs; the figure has the width 1."""
_HALF = 0.38
"""Half of a box's height in rows."""
_BAR = 0.06
"""Height of the bar in a box, in rows."""


class Boxes:
    """Builder of a figure of stacked boxes.

    Args:
        has_arcs: Whether to leave room for arcs.
    """

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
