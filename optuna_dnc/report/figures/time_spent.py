"""Wall time of a search by stage."""

from __future__ import annotations

from plotly import graph_objects as go

from optuna_dnc.report.figures.theme import BLUE, GREY, ORANGE, new_figure, rounded
from optuna_dnc.report.figures.trial_marks import stage_title
from optuna_dnc.runs import Record, Run

_UNITS = ((7200.0, 3600.0, "hours"), (180.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_ROOM = 150
_ROW = 46


def time_unit(seconds: float) -> tuple[float, str]:
    """Return a unit that suits a duration: its length in seconds, and its name."""
    return next((unit, name) for minimum, unit, name in _UNITS if seconds >= minimum)


def time_spent(search: Run) -> go.Figure | None:
    """Plot the wall time of each stage: training, validation, and other.

    Other is building networks, saving weights and writing to the storage. Reused
    results count only the time of reusing them.

    Returns:
        None before the first trial.
    """
    stages = {
        stage_title(stage): records
        for stage in search.stages
        if (records := search.ledger.of_stages(stage.name))
    }
    if not stages:
        return None
    parts = {
        ("training", BLUE): [sum(map(_training, records)) for records in stages.values()],
        ("validation", ORANGE): [sum(map(_evaluation, records)) for records in stages.values()],
        ("other", GREY): [sum(map(_rest, records)) for records in stages.values()],
    }
    total = sum(map(sum, parts.values()))
    unit, unit_name = time_unit(total)
    figure = new_figure("Wall time by stage", x=unit_name, height=_ROOM + _ROW * len(stages))
    for (name, color), seconds in parts.items():
        figure.add_bar(
            y=list(stages),
            x=[rounded(value / unit, 3) for value in seconds],
            orientation="h",
            name=f"{name} {sum(seconds) / total:.0%}" if total else name,
            marker={"color": color},
            hovertemplate="%{x} " + unit_name + "<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.35, legend={"traceorder": "normal"})
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure


def _training(record: Record) -> float:
    return 0.0 if record.reused_from else record.measured.train_seconds


def _evaluation(record: Record) -> float:
    return 0.0 if record.reused_from else record.measured.eval_seconds


def _rest(record: Record) -> float:
    return max(record.seconds - _training(record) - _evaluation(record), 0.0)
