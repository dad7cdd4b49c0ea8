"""Losses of the options in the grids of stage 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from plotly import graph_objects as go

from optuna_dnc.report.figures.rows import Rows
from optuna_dnc.report.figures.theme import BLUE, GREEN, rounded
from optuna_dnc.runs import Run
from optuna_dnc.runs.records import ORIGIN, is_shared
from optuna_dnc.runs.stage_keys import REMAINING

_MOST_OF_A_GRID = 8
"""Maximum number of options of a grid; the best are shown."""


def options(search: Run) -> go.Figure | None:
    """Plot the loss of each option of the grids of stage 2, grid by grid, best first.

    Returns:
        None for a search without grids, or before the first one.
    """
    grids = _grids(search)
    if not grids:
        return None
    rows, marks = Rows(), []
    for refinement, trials in grids.items():
        rows.head(refinement.replace("_", " "))
        heights = [rows.label(_named(trial.params)) for trial in trials]
        for y in heights:
            rows.guide(y)
        marks.append(
            go.Scatter(
                x=[rounded(trial.value) for trial in trials],
                y=heights,
                mode="markers",
                marker={"size": 9, "color": [GREEN, *[BLUE] * (len(trials) - 1)]},
                showlegend=False,
                hovertemplate="loss %{x}<extra></extra>",
            )
        )
    return rows.figure("Options of stage 2", x="loss (lower is better)").add_traces(marks)


def _grids(search: Run) -> Mapping[str, Sequence[FrozenTrial]]:
    study = search.study_of.get(REMAINING.name)
    if study is None:
        return {}
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    own = [trial for trial in complete if not is_shared(trial)]
    # Those of an earlier best network of stage 1 are not compared with the others.
    origin = own[-1].user_attrs.get(ORIGIN) if own else None
    grids: dict[str, list[FrozenTrial]] = {}
    for trial in own:
        if trial.user_attrs.get(ORIGIN) == origin:
            grids.setdefault(trial.user_attrs.get("refinement", ""), []).append(trial)
    return {
        name: sorted(trials, key=lambda trial: trial.value or 0.0)[:_MOST_OF_A_GRID]
        for name, trials in grids.items()
    }


def _named(params: Mapping[str, Any]) -> str:
    return ", ".join(
        str(value) if len(params) == 1 else f"{name} {value}" for name, value in params.items()
    )
