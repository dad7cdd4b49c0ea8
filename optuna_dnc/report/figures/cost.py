"""Quality of the networks of a search against their cost, with the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from plotly import graph_objects as go

from optuna_dnc._pareto import pareto_front
from optuna_dnc.objectives import described_cost
from optuna_dnc.report.figures.scales import ErrorScale, log_axis
from optuna_dnc.report.figures.theme import BLACK, GREY, new_figure, rounded, signed
from optuna_dnc.report.figures.trial_marks import (
    STOPPED,
    WAITING,
    TrialMark,
    hover_texts,
    stage_mark,
)
from optuna_dnc.runs import Record, Run

_N_LINES = 4
_N_POINTS = 60


def cost(search: Run) -> go.Figure | None:
    """Plot the metric, or the error that it is turned into, against the penalized cost.

    The figure shows the Pareto front of the networks that were trained to the end, and lines of
    equal loss, ``log10(error + wc * cost / baseline)``.

    Returns:
        None before the first network.
    """
    records = _trainings(search)
    if not records:
        return None
    metric, penalize = search.metric, search.settings["penalize"]
    scale = ErrorScale.of([record.measured.error for record in records], metric)
    costs = [_cost(search, record) for record in records]
    low, high = min(costs) / 1.25, max(costs) * 1.25
    figure = new_figure(
        f"{_capitalized(metric.title) if metric.shows_value else 'Error'} against cost",
        x=described_cost(penalize).unit,
        y=scale.title,
        height=460,
    )
    figure.update_xaxes(**log_axis(low, high))
    figure.update_yaxes(**scale.axis)
    _add_equal_loss(figure, search, scale, np.geomspace(low, high, _N_POINTS))
    _add_networks(figure, search, scale, records)
    add_front(figure, scale, penalize, [record for record in records if not record.pruned])
    answer = search.answer_record
    if answer is not None and answer.measured.is_usable:
        add_chosen(figure, scale, [(_cost(search, answer), answer.measured.error)])
    return figure


def _capitalized(title: str) -> str:
    return title[:1].upper() + title[1:]


def _cost(search: Run, record: Record) -> float:
    return float(record.measured.costs[search.settings["penalize"]])


def _trainings(search: Run) -> list[Record]:
    """Return the usable networks, each training once; reused results have the same point."""
    first: dict[tuple[str, int], Record] = {}
    for record in search.ledger.records:
        if record.measured.is_usable and _cost(search, record) > 0:
            first.setdefault((record.key, record.measured.epochs_run), record)
    return list(first.values())


def _add_networks(
    figure: go.Figure, search: Run, scale: ErrorScale, records: Sequence[Record]
) -> None:
    groups: list[tuple[TrialMark, list[Record]]] = [
        (STOPPED, [r for r in records if r.was_stopped]),
        (WAITING, [r for r in records if r.waits]),
    ]
    for stage in search.stages:
        trained = [r for r in records if r.stage == stage.name and not r.pruned]
        groups.append((stage_mark(stage), trained))
    for mark, members in groups:
        if members:
            add_networks(
                figure,
                scale,
                search.settings["penalize"],
                members,
                ids=[record.label for record in members],
                marker=mark.marker,
                name=mark.label,
            )


def add_networks(
    figure: go.Figure, scale: ErrorScale, penalize: str, records: Sequence[Record], **trace: Any
) -> None:
    """Add a mark with a hover text for each network; ``trace`` has its other arguments."""
    errors = [record.measured.error for record in records]
    figure.add_scatter(
        x=[rounded(record.measured.costs[penalize]) for record in records],
        y=list(map(scale.position, errors)),
        text=hover_texts(records),
        customdata=list(map(scale.label, errors)),
        mode="markers",
        hovertemplate="%{text}<br>%{customdata}, %{x}<extra></extra>",
        **trace,
    )


def add_chosen(
    figure: go.Figure,
    scale: ErrorScale,
    points: Sequence[tuple[float, float | None]],
    **trace: Any,
) -> None:
    """Add a ring around each chosen network, given by its cost and its error."""
    figure.add_scatter(
        x=[rounded(cost) for cost, _ in points],
        y=[scale.position(error) for _, error in points],
        marker={"symbol": "circle-open", "size": 15, "color": BLACK, "line": {"width": 2}},
        name="chosen",
        hoverinfo="skip",
        **{"mode": "markers", **trace},
    )


def _add_equal_loss(figure: go.Figure, search: Run, scale: ErrorScale, costs: np.ndarray) -> None:
    best = search.ledger.best
    if best is None or not best.measured.is_usable:
        return
    wc, baseline = search.settings["wc"], search.baseline.value
    worst = math.log10(scale.high + wc * costs[-1] / baseline)
    for loss in np.linspace(best.loss, max(worst, best.loss), _N_LINES + 1)[:-1]:
        errors = 10**loss - wc * costs / baseline
        seen = (errors >= scale.low) & (errors <= scale.high)
        if not seen.any():
            continue
        figure.add_scatter(
            x=[rounded(x) for x in costs[seen].tolist()],
            y=[rounded(y) for y in errors[seen].tolist()],
            mode="lines",
            line={"color": GREY, "width": 1, "dash": "dot"},
            name=f"equal loss, wc {wc:g}",
            legendgroup="equal loss",
            showlegend=bool(loss == best.loss),
            hoverinfo="skip",
        )
        figure.add_annotation(
            x=math.log10(costs[seen][0]),
            y=math.log10(errors[seen][0]),
            xanchor="left",
            yanchor="bottom",
            text=f"loss {signed(loss)}",
            font={"size": 11, "color": GREY},
            showarrow=False,
        )


def add_front(
    figure: go.Figure, scale: ErrorScale, penalize: str, records: Sequence[Record]
) -> None:
    """Add the Pareto front of some networks as a step line, if it has two points."""
    if not records:
        return
    points = np.array([(r.measured.costs[penalize], r.measured.error) for r in records])
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
