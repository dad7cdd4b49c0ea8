"""Permutation importance of the columns of a table."""

from __future__ import annotations

import textwrap

from plotly import graph_objects as go

from optuna_dnc.report.figures.rows import Rows
from optuna_dnc.report.figures.theme import BLUE, GREY, rounded
from optuna_dnc.runs import Run

_MOST_ROWS = 15
"""Columns that are shown; the most important ones."""
_WIDTH = 45
"""Characters of a name that fit on a phone."""


def feature_importance(search: Run) -> go.Figure | None:
    """Plot how much the error grows when the values of a column are shuffled.

    Returns:
        None for images, before the end of the search, and if there was no time for it.
    """
    if search.analysis is None:
        return None
    shown = search.analysis["features"][:_MOST_ROWS]
    scale = 100 if search.predicts_labels else 1
    unit = "percentage points" if search.predicts_labels else "MSE / variance"
    rows = Rows()
    increases = [rounded(scale * feature["increase"], 3) for feature in shown]
    bars = go.Bar(
        x=increases,
        y=[rows.label(textwrap.shorten(f["name"], _WIDTH, placeholder=" …")) for f in shown],
        error_x={
            "array": [rounded(scale * feature["deviation"], 3) for feature in shown],
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        orientation="h",
        width=0.3,
        marker={"color": BLUE},
        showlegend=False,
        hovertemplate="%{x} " + unit + "<extra></extra>",
    )
    figure = rows.figure("Importance of the columns", x=f"growth of the error, {unit}")
    return figure.add_traces([bars])
