"""Optimization history: the loss of the trials of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import BLACK, LIGHT, new_figure, rounded
from optuna_dnc.report.figures.trial_marks import OUTCOMES, hover_texts, outcome_of, stage_title
from optuna_dnc.runs import Record, Run


def optimization_history(search: Run) -> go.Figure | None:
    """Plot the loss of every trial in the order of the stages, and the best loss so far.

    Returns:
        None before the first trial.
    """
    records = search.ledger.records
    if not records:
        return None
    figure = new_figure(
        "Optimization history",
        x="trial, stage by stage",
        y="loss (lower is better)",
    )
    texts = hover_texts(records)
    for mark in OUTCOMES:
        indices = [i for i, record in enumerate(records) if outcome_of(record) == mark]
        if indices:
            figure.add_scatter(
                x=[i + 1 for i in indices],
                y=[rounded(records[i].loss) for i in indices],
                text=[texts[i] for i in indices],
                mode="markers",
                marker=mark.marker,
                name=mark.label,
                hovertemplate="%{text}<br>loss %{y}<extra>trial %{x}</extra>",
            )
    _add_incumbent(figure, records)
    losses = [record.loss for record in records if math.isfinite(record.loss)] or [0.0]
    margin = 0.05 * (max(losses) - min(losses)) or 0.1
    # The upper margin holds the numbers of the stages.
    figure.update_yaxes(range=[min(losses) - margin, max(losses) + 3 * margin])
    _mark_stages(figure, search, records)
    return figure


def _add_incumbent(figure: go.Figure, records: Sequence[Record]) -> None:
    losses = [r.loss if r.rank[:2] == (False, False) else float("inf") for r in records]
    best = list(accumulate(losses, min))
    # A step line needs only the points where it changes, and its end.
    changes = [i for i in range(len(best)) if i in (0, len(best) - 1) or best[i] < best[i - 1]]
    figure.add_scatter(
        x=[i + 1 for i in changes],
        y=[rounded(best[i]) for i in changes],
        mode="lines",
        line={"color": BLACK, "width": 2, "shape": "hv"},
        name="best so far",
        hoverinfo="skip",
    )


def _mark_stages(figure: go.Figure, search: Run, records: Sequence[Record]) -> None:
    n_before = 0
    names = []
    for stage in search.stages:
        n_trials = sum(record.stage == stage.name for record in records)
        if n_trials == 0:
            continue
        if n_before:
            figure.add_vline(x=n_before + 0.5, line={"color": LIGHT, "width": 2}, layer="below")
        figure.add_annotation(
            x=n_before + 0.5 + n_trials / 2,
            y=1,
            yref="y domain",
            yanchor="top",
            text=f"<b>{stage.number}</b>",
            showarrow=False,
        )
        names.append(stage_title(stage))
        n_before += n_trials
    figure.update_xaxes(range=[0.3, n_before + 0.7], title={"text": "trial; " + ", ".join(names)})
