"""Pareto front of cost and error in a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from optuna_dnc._pareto import pareto_front
from optuna_dnc.report.figures.scales import ErrorScale
from optuna_dnc.report.figures.theme import BLACK, rounded


def add_front(
    figure: go.Figure, scale: ErrorScale, costs: Sequence[float], errors: Sequence[float]
) -> None:
    """Add the Pareto front of some networks as a step line, if it has two points.

    Args:
        figure: Figure with the costs on the x axis and the errors on the y axis.
        scale: Scale of the errors.
        costs: Cost of each network.
        errors: Error of each network.
    """
    if not costs:
        return
    points = np.column_stack([costs, errors])
    front = sorted(points[pareto_front(points)].tolist())
    if len(front) > 1:
        figure.add_scatter(
            x=[rounded(cost) for cost, _ in front],
            y=[scale.position(error) for _, error in front],
            mode="lines",
            line={"color": BLACK, "width": 1.5, "shape": "hv"},
            name="Pareto front",
            hoverinfo="skip",
        )
