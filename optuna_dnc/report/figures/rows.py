"""Figures of horizontal rows with their labels above, readable at any width."""

from __future__ import annotations

from typing import Any

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import (
    BLACK,
    GREY,
    HEADING,
    LIGHT,
    MARGIN,
    VEIL,
    new_figure,
    plain,
)

_ROW = 40
"""Default height of a row in pixels."""
_AXIS = 48
"""Height of the x axis and its title in pixels."""
_VEIL = {"bgcolor": VEIL, "borderpad": 0}
"""Background of text that lines may cross."""


class Rows:
    """Builder of a figure whose rows are at ``y = 0, -1, ...``."""

    def __init__(self) -> None:
        self._n = 0
        self._notes: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []

    def figure(self, title: str, *, x: str = "", row: int = _ROW) -> go.Figure:
        """Return the figure, to which traces can be added.

        Args:
            title: Title of the figure.
            x: Title of the x axis.
            row: Height of a row in pixels.
        """
        figure = new_figure(title, x=x, height=HEADING + row * self._n + _AXIS + MARGIN)
        figure.update_yaxes(range=[0.5 - self._n, 0.6], visible=False)
        # Added at once: plotly validates all existing ones with each addition.
        return figure.update_layout(annotations=self._notes, shapes=self._lines)

    def head(self, heading: str) -> None:
        """Add a row with a heading."""
        text = f"<b>{plain(heading)}</b>"
        self._write(text, x=0, y=-self._n, xref="x domain", font={"size": 13, "color": GREY})
        self._n += 1

    def label(self, label: str, *, is_bold: bool = False, shift: int = 16) -> int:
        """Add a row with a label above it, and return its y."""
        y = -self._n
        text = f"<b>{plain(label)}</b>" if is_bold else plain(label)
        font = {"size": 12, "color": BLACK}
        self._write(text, x=0, y=y, xref="x domain", yshift=shift, font=font)
        self._n += 1
        return y

    def scale(self, y: int) -> None:
        """Draw an axis from 0 to 1 along a row."""
        line = {"color": GREY, "width": 1}
        self._lines.append({"type": "line", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line})

    def guide(self, y: int) -> None:
        """Draw a pale line along a row, which joins its label and its mark."""
        line = {"color": LIGHT, "width": 1}
        ends = {"x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y}
        self._lines.append({"type": "line", **ends, "line": line, "layer": "below"})

    def mark(self, y: int, x: float, text: str, anchor: str = "center") -> None:
        """Write a small text below a point of a row."""
        font = {"size": 11, "color": GREY}
        self._write(plain(text), x=x, y=y, xanchor=anchor, yshift=-9, font=font)

    def _write(self, text: str, **more: Any) -> None:
        self._notes.append(
            {"text": text, "xanchor": "left", "yanchor": "middle", "showarrow": False}
            | _VEIL
            | more
        )
