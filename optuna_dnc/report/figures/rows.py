"""Rows one below the other, each with its label above: readable on any width."""

from __future__ import annotations

from typing import Any

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import AIR, BLACK, GREY, HEADING, new_figure, plain

_ROW = 36
"""Usual height of a row in pixels."""
_AXIS = 48
"""Pixels of the other axis with its title."""
_VEIL = {"bgcolor": "rgba(255,255,255,0.8)", "borderpad": 0}
"""Behind text that lines may cross."""


class Rows:
    """Takes the rows ``y = 0, -1, ...`` one after the other, and makes one figure of them."""

    def __init__(self) -> None:
        self._n = 0
        self._notes: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []

    def figure(self, title: str, *, x: str = "", row: int = _ROW) -> go.Figure:
        """All that was written, with nothing on the axis of the rows.

        Args:
            title: Of the figure.
            x: Title of the other axis.
            row: Height of a row in pixels.
        """
        figure = new_figure(title, x=x, height=HEADING + row * self._n + _AXIS + AIR)
        figure.update_yaxes(range=[0.5 - self._n, 0.6], visible=False)
        # At once: plotly checks all that there are with each that is added.
        return figure.update_layout(annotations=self._notes, shapes=self._lines)

    def head(self, heading: str) -> None:
        """Take a row for a heading."""
        text = f"<b>{plain(heading)}</b>"
        self._write(text, x=0, y=-self._n, xref="x domain", font={"size": 13, "color": GREY})
        self._n += 1

    def label(self, label: str, *, is_bold: bool = False, shift: int = 13) -> int:
        """Take a row, write a label above it, and return its place on the axis."""
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

    def mark(self, y: int, x: float, text: str, anchor: str = "center") -> None:
        """Write something small below a place of a row."""
        font = {"size": 11, "color": GREY}
        self._write(plain(text), x=x, y=y, xanchor=anchor, yshift=-9, font=font)

    def _write(self, text: str, **more: Any) -> None:
        self._notes.append(
            {"text": text, "xanchor": "left", "yanchor": "middle", "showarrow": False}
            | _VEIL
            | more
        )
