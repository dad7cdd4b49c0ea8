"""Learning curves of the best networks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from plotly import graph_objects as go

from optuna_dnc.objectives import Metric
from optuna_dnc.report.figures.scales import ErrorScale, log_axis
from optuna_dnc.report.figures.theme import GREY, PALETTE, new_figure, rounded
from optuna_dnc.runs import Record, Run
from optuna_dnc.tasks import learning_task

N_LEADERS = 5
FEW_EPOCHS = 10
"""Up to this many epochs, each gets a tick."""
MOST_POINTS = 150
"""Maximum number of points of a curve; longer ones are thinned out."""

Curve = dict[int, float]
"""Values by epoch, counted from 1."""


def learning_curves(search: Run) -> go.Figure | None:
    """Plot the validation metric (or its error) and the loss of the best networks by epoch.

    Each architecture has one curve, that of its best training; a regression has errors only.

    For runs of the first versions, which recorded only the loss of the search, plot that loss.

    Returns:
        None before a network was trained to the end.
    """
    finished = [row.record for row in search.leaderboard if row.state == "finished"]
    leaders = [_origin(search, record) for record in finished[:N_LEADERS]]
    if any(record.epochs for record in leaders):
        return _by_epoch(leaders, search.metric, search.settings["task"])
    if any(record.curve for record in leaders):
        return _search_losses(leaders)
    return None


def _origin(search: Run, record: Record) -> Record:
    """Return the trial whose result ``record`` reused, if it is in this search."""
    original = record.reused_from and search.ledger.of_trial(record.reused_from)
    return original or record


def _by_epoch(leaders: Sequence[Record], metric: Metric, task: str) -> go.Figure:
    errors = [_curve(record, "val_error") for record in leaders]
    scale = ErrorScale.of(_values(errors), metric)
    figure = new_figure("Learning curves of the best networks", x="epoch", height=620)
    validation = [_curve(record, "val_loss") for record in leaders]
    training = [_curve(record, "train_loss") for record in leaders]
    shown = list(_values([*validation, *training]))
    low, high = min(shown, default=0.1) / 1.2, max(shown, default=1.0) * 1.2
    for rank, (error, val, train) in enumerate(zip(errors, validation, training, strict=True)):
        _add(figure, rank, {epoch: scale.position(y) for epoch, y in error.items()}, "y2")
        _add(figure, rank, train, "y", dash="dot", in_legend=False)
        _add(figure, rank, val, "y", in_legend=False)
    for name, dash in (("validation", "solid"), ("training", "dot")):
        figure.add_scatter(
            x=[None], y=[None], mode="lines", name=name, line={"color": GREY, "dash": dash}
        )
    if max(map(len, validation)) <= FEW_EPOCHS:
        figure.update_xaxes(dtick=1)
    figure.update_layout(
        yaxis={
            "domain": [0, 0.46],
            "title": {"text": learning_task(task).loss_title},
            **log_axis(low, high),
        },
        yaxis2={"domain": [0.54, 1], "title": {"text": scale.title}, **scale.axis},
    )
    return figure


def _search_losses(leaders: Sequence[Record]) -> go.Figure:
    figure = new_figure("Learning curves of the best networks", x="epoch", y="loss of the search")
    for rank, record in enumerate(leaders):
        _add(figure, rank, dict(record.curve), "y")
    return figure


def _curve(record: Record, name: str) -> Curve:
    values = record.epochs.get(name, [])
    return {epoch: value for epoch, value in enumerate(values, start=1) if value is not None}


def _values(curves: Iterable[Curve]) -> Iterable[float]:
    return (value for curve in curves for value in curve.values() if value > 0)


def _add(
    figure: go.Figure,
    rank: int,
    curve: Curve | dict[int, float | None],
    axis: str,
    *,
    dash: str = "solid",
    in_legend: bool = True,
) -> None:
    kept = sorted(curve)[:: math.ceil(len(curve) / MOST_POINTS) or 1]
    figure.add_scatter(
        x=kept,
        y=[rounded(curve[epoch]) for epoch in kept],
        yaxis=axis,
        # A line of a single epoch would be invisible.
        mode="lines" if len(kept) > 1 else "markers",
        line={"color": PALETTE[rank % len(PALETTE)], "width": 1.8, "dash": dash},
        name=f"no. {rank + 1}",
        legendgroup=str(rank),
        showlegend=in_legend,
        hovertemplate="epoch %{x}: %{y}",
    )
