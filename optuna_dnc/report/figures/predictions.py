"""Predictions of the saved network: confusion matrix, or predicted against true values."""

from __future__ import annotations

from plotly import graph_objects as go

from optuna_dnc._errors import cut
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.evaluation.panel import Points
from optuna_dnc.report.figures.theme import (
    BLUE,
    GREY,
    HEADING,
    PALE_BLUE,
    WHITE,
    new_figure,
    plain,
    rounded,
)
from optuna_dnc.runs import Run

_LONGEST_NAME = 40


def predictions(search: Run) -> dict[str, go.Figure]:
    """Plot predicted against true values, one figure for each of the first targets."""
    comparison = Comparison.of(search.answer)
    panel = None if comparison is None else comparison.panel
    if panel is None:
        return {}
    if len(panel.points) == 1:
        return {"predictions": _figure("Predicted and true values", panel.points[0])}
    names = [plain(cut(name, _LONGEST_NAME)) for name in panel.targets]
    names = names or [f"target {target}" for target in range(len(panel.points))]
    return {
        f"predictions-{target}": _figure(f"Predicted and true values of {names[target]}", points)
        for target, points in enumerate(panel.points)
    }


def _figure(title: str, points: Points) -> go.Figure:
    figure = new_figure(title, x="true value", y="predicted value", height=420)
    ends = [min(map(min, points)), max(map(max, points))]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        line={"color": GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=[true for true, _ in points],
        y=[predicted for _, predicted in points],
        mode="markers",
        marker={"size": 6, "color": BLUE, "opacity": 0.6},
        hovertemplate="true %{x}<br>predicted %{y}<extra></extra>",
        showlegend=False,
    )
    return figure


MOST_CLASSES = 30
_MOST_NUMBERS = 12
"""Classes up to which the fields show their numbers, which no longer fit on a phone otherwise."""
_LONGEST_LABEL = 14
_ROW, _SHORTEST, _REST = 24, 200, 90
"""Heights in pixels: of a row, of the matrix at least, and of the axis below."""


def confusion(search: Run) -> go.Figure | None:
    """Plot the number of samples by true and predicted class.

    Returns:
        None for a regression, for more than 30 classes, or if the answer was not judged.
    """
    comparison = Comparison.of(search.answer)
    panel = None if comparison is None else comparison.panel
    if panel is None or panel.confusion is None or len(panel.confusion) > MOST_CLASSES:
        return None
    matrix = panel.confusion
    labels = [plain(cut(str(label), _LONGEST_LABEL)) for label in panel.classes or ()]
    positions = list(range(len(labels)))
    height = HEADING + max(_SHORTEST, _ROW * len(labels)) + _REST
    figure = new_figure("Confusion matrix", x="predicted class", y="true class", height=height)
    shows_numbers = len(labels) <= _MOST_NUMBERS
    figure.add_heatmap(
        x=positions,
        y=positions,
        z=[[rounded(number / max(sum(row), 1)) for number in row] for row in matrix],
        zmin=0,
        zmax=1,
        # Rare confusions are seen, too.
        colorscale=[[0, WHITE], [0.15, PALE_BLUE], [1, BLUE]],
        showscale=False,
        xgap=1,
        ygap=1,
        text=[[f"{number:,}" if number else "" for number in row] for row in matrix],
        texttemplate="%{text}" if shows_numbers else None,
        customdata=[
            [f"{labels[i]} as {labels[j]}: {number:,}" for j, number in enumerate(row)]
            for i, row in enumerate(matrix)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    ticks = {"tickvals": positions, "ticktext": labels, "showgrid": False}
    figure.update_xaxes(**ticks, tickangle=None if shows_numbers else -90)
    return figure.update_yaxes(**ticks, autorange="reversed")
