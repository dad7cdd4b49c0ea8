"""Figures of a trade-off between accuracy and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

from plotly import graph_objects as go
from plotly.subplots import make_subplots

from optuna_dnc.objectives import (
    Metric,
    Quality,
    costs_from_dict,
    described_cost,
    described_costs,
    metrics_from_dict,
)
from optuna_dnc.report.figure_registry import TRADEOFF_FIGURES
from optuna_dnc.report.figures.cost import add_chosen, add_front, add_networks
from optuna_dnc.report.figures.scales import ErrorScale, log_axis
from optuna_dnc.report.figures.theme import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALETTE,
    new_figure,
    rounded,
)
from optuna_dnc.runs import Record, open_run
from optuna_dnc.tradeoff import Tradeoff

_ROW = 190
_COLORS = (GREEN, ORANGE, *PALETTE)
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x")

Trained = Mapping[float, Sequence[Record]]
"""Networks that each search trained itself, by wc."""


def tradeoff_figures(tradeoff: Tradeoff) -> dict[str, go.Figure]:
    """Draw all figures of a trade-off, by names that are valid HTML ids."""
    return {row.name: globals()[row.builder](tradeoff) for row in TRADEOFF_FIGURES}


def trained_networks(tradeoff: Tradeoff) -> Trained:
    """Return the networks that each search trained to the end itself, by wc."""
    return {
        wc: [
            record
            for record in open_run(result.path, to_read=True).ledger.records
            if record.reused_from is None and not record.pruned and record.measured.is_usable
        ]
        for wc, result in tradeoff.results.items()
    }


def by_wc(tradeoff: Tradeoff) -> go.Figure:
    """Plot the metric, costs and search time against ``wc``, as figures 5 and 6 of Dey et al."""
    points = tradeoff.summary["points"]
    task = tradeoff.summary["task"]
    qualities = [metrics_from_dict(point, task)["quality"] for point in points]
    metric = qualities[0].described
    costs = [costs_from_dict(point) for point in points]
    drawn = [
        cost
        for cost in described_costs(costs[0])
        if all(of_point.get(cost.name, 0) > 0 for of_point in costs)
    ]
    titles = (metric.title, *(cost.unit for cost in drawn), "search time, seconds")
    height = len(titles) * _ROW + 60
    figure = new_figure("Quality, cost and search time by wc", height=height)
    figure = make_subplots(
        rows=len(titles), shared_xaxes=True, vertical_spacing=0.28 / len(titles), figure=figure
    )
    labels = [f"{point['wc']:g}" for point in points]
    _add_quality(figure, labels, qualities, metric)
    for row, (cost, color) in enumerate(zip(drawn, cycle(_COLORS), strict=False), start=2):
        _add_cost(figure, row, labels, [of_point[cost.name] for of_point in costs], color)
    figure.add_bar(
        x=labels,
        y=[rounded(point["search_seconds"]) for point in points],
        marker={"color": GREY},
        width=0.5,
        showlegend=False,
        text=[f"{point['n_trained']} trained" for point in points],
        textposition="outside",
        textangle=0,
        textfont={"size": 11},
        cliponaxis=False,
        hovertemplate="wc %{x}: %{y} s, %{text}<extra></extra>",
        row=len(titles),
        col=1,
    )
    for row, title in enumerate(titles, start=1):
        figure.add_annotation(
            x=0, xref="x domain", xanchor="left", y=1, yanchor="bottom",
            yref=f"y{row if row > 1 else ''} domain",
            yshift=3, text=title, showarrow=False, font={"size": 13, "color": BLACK},
        )  # fmt: skip
    most = max(point["search_seconds"] for point in points)
    figure.update_yaxes(range=[0, 1.25 * most], row=len(titles), col=1)
    figure.update_layout(legend={"x": 1, "xanchor": "right"})  # the first title is on the left
    figure.update_xaxes(type="category", title={"text": ""})
    figure.update_xaxes(title={"text": "wc, the weight of the cost"}, row=len(titles), col=1)
    return figure


def _add_quality(
    figure: go.Figure, labels: Sequence[str], qualities: Sequence[Quality], metric: Metric
) -> None:
    factor, unit = (100, "%") if metric.in_percent else (1, "")
    drawn = (("test", BLUE, "circle", "solid"), ("val", BLACK, "circle-open", "dot"))
    for part, color, symbol, dash in drawn:
        scores = [quality.test if part == "test" else quality.val for quality in qualities]
        values = [None if score is None else score.value for score in scores]
        if all(value is None for value in values):
            continue
        shown = [None if value is None else rounded(factor * value) for value in values]
        figure.add_scatter(
            x=labels,
            y=shown,
            mode="lines+markers",
            line={"color": color, "dash": dash, "width": 2},
            marker={"color": color, "symbol": symbol, "size": 9},
            name="test" if part == "test" else "validation",
            hovertemplate=f"wc %{{x}}: %{{y}}{unit}<extra></extra>",
            row=1,
            col=1,
        )
    if unit:
        figure.update_yaxes(ticksuffix=unit, row=1, col=1)


def _add_cost(
    figure: go.Figure, row: int, labels: Sequence[str], values: Sequence[float], color: str
) -> None:
    figure.add_scatter(
        x=labels,
        y=[rounded(value) for value in values],
        mode="lines+markers",
        line={"color": color, "width": 2},
        marker={"color": color, "size": 9},
        showlegend=False,
        hovertemplate="wc %{x}: %{y}<extra></extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(**log_axis(min(values) / 1.4, max(values) * 1.4), row=row, col=1)


def all_networks(tradeoff: Tradeoff) -> go.Figure:
    """Plot the quality of all trained networks against their cost, with the Pareto front."""
    trained = trained_networks(tradeoff)
    penalize = tradeoff.summary["penalize"]
    everything = [record for records in trained.values() for record in records]
    chosen = [result.best for result in tradeoff.results.values()]
    errors = [record.measured.error for record in everything]
    scale = ErrorScale.of(
        [*errors, *(best.val_error for best in chosen if best.val_error is not None)],
        chosen[0].quality.described,
    )
    costs = [record.measured.costs[penalize] for record in everything]
    costs += [best.costs[penalize] for best in chosen]
    low, high = min(costs) / 1.25, max(costs) * 1.25
    figure = new_figure(
        "All networks of all searches", x=described_cost(penalize).unit, y=scale.title, height=480
    )
    figure.update_xaxes(**log_axis(low, high))
    figure.update_yaxes(**scale.axis)
    for i, (wc, records) in enumerate(trained.items()):
        color, symbol = PALETTE[i % len(PALETTE)], _MARKERS[i % len(_MARKERS)]
        marker = {"color": color, "symbol": symbol, "size": 7, "opacity": 0.7}
        add_networks(figure, scale, penalize, records, marker=marker, name=f"wc {wc:g}")
    add_front(figure, scale, penalize, everything)
    _add_chosen(figure, scale, tradeoff)
    return figure


def _add_chosen(figure: go.Figure, scale: ErrorScale, tradeoff: Tradeoff) -> None:
    penalize = tradeoff.summary["penalize"]
    labels: dict[tuple[float, float | None], list[str]] = {}
    for wc, result in tradeoff.results.items():
        point = float(result.best.costs[penalize]), result.best.val_error
        labels.setdefault(point, []).append(f"{wc:g}")
    middle = math.sqrt(min(labels)[0] * max(labels)[0])
    add_chosen(
        figure,
        scale,
        list(labels),
        text=[f"wc {', '.join(weights)}" for weights in labels.values()],
        textposition=["top right" if cost < middle else "top left" for cost, _ in labels],
        textfont={"color": BLACK},
        mode="markers+text",
    )
