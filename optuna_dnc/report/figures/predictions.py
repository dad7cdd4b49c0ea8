"""Predicted against true values of the saved network."""

from __future__ import annotations

from plotly import graph_objects as go

from optuna_dnc._errors import cut
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.evaluation.panel import Points
from optuna_dnc.report.figures.theme import BLUE, GREY, new_figure, plain
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
