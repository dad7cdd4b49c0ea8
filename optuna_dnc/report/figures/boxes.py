"""Boxes one below the other, with arcs at their side."""

from __future__ import annotations

from typing import Any

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import AIR, BLACK, GREY, HEADING, LIGHT, ORANGE, new_figure

ROW = 56
"""Height of a row in pixels; row k is at ``y = -k``."""
ARCS = 0.12
"""Where boxes begin, of a width of 1, if there are arcs at their left."""
_HALF = 0.38
"""Half of a box's height in rows."""
_BAR = 0.06
"""Height of its bar."""


class Boxes:
    """Collects boxes, and makes one figure of them.

    Args:
        has_arcs: Whether to leave room for them.
    """

    def __init__(self, *, has_arcs: bool) -> None:
        self._left = ARCS if has_arcs else 0.0
        self._shapes: list[dict[str, Any]] = []
        self._notes: list[dict[str, Any]] = []

    def figure(self, title: str, n_rows: int) -> go.Figure:
        """All that was added, in so many rows."""
        figure = new_figure(title, height=HEADING + ROW * n_rows + AIR)
        figure.update_xaxes(range=[0, 1], visible=False)
        figure.update_yaxes(range=[0.5 - n_rows, 0.5], visible=False)
        # At once: plotly checks all that there are with each that is added.
        return figure.update_layout(shapes=self._shapes, annotations=self._notes)

    def add_box(
        self, row: int, label: str, remark: str, *, color: str, share: float, hover: str
    ) -> None:
        """Add a box with two lines of text.

        Args:
            row: Where, from 0.
            label: The first line, in what plotly knows of HTML, as are the others.
            remark: The second line, smaller.
            color: Of its left edge and of the bar below the text.
            share: Of the box's width that the bar takes, in [0, 1].
            hover: What is said under the pointer.
        """
        left, low, high = self._left, -row - _HALF, -row + _HALF
        self._add_rectangle(left, 1, low, high, "#F6F8FA", {"width": 1, "color": LIGHT})
        self._add_rectangle(left, left + 0.012, low, high, color, {"width": 0})
        if share > 0:
            end = left + share * (1 - left)
            self._add_rectangle(left, end, low, low + _BAR, color, {"width": 0})
        self._add_text(row, label, size=13, color=BLACK, yshift=11, hovertext=hover)
        self._add_text(row, remark, size=12, color=GREY, yshift=-6, hovertext=hover)

    def add_remark(self, row: int, text: str) -> None:
        """Add a line in place of a box."""
        self._add_text(row, text, size=13, color=GREY)

    def add_arc(self, start: int, end: int) -> None:
        """Add a shortcut from the box of one row into that of another below it."""
        depth = min(0.03 + 0.025 * (end - start), ARCS - 0.01)
        out, into = -start - 0.1, -end + 0.1
        # A cubic goes three quarters of the way to where its inner points lie.
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
