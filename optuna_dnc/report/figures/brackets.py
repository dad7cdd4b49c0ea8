"""Number of networks that Hyperband trained, by bracket and epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import optuna
from plotly import graph_objects as go

from optuna_dnc._optuna_compat import storage_and_id
from optuna_dnc.pruners import Bracket, hyperband_brackets
from optuna_dnc.pruners.stored import SETTINGS, slot_of, value_key
from optuna_dnc.report.figures.theme import GREY, PALETTE, new_figure
from optuna_dnc.report.figures.trial_marks import stage_title
from optuna_dnc.runs import Run

Counts = Mapping[tuple[int, int], int]
"""Number of networks by the halvings of their bracket and the epoch they reached."""

_TIMES = {0: "never", 1: "once", 2: "twice"}
_ROOM = 150
_PANEL = 190
_GAP = 0.28
"""Gap between two panels, in heights of a panel."""


def brackets(search: Run) -> go.Figure | None:
    """Plot how many networks of each bracket reached each epoch, by stage.

    Returns:
        None for a search without Hyperband, or before its first training.
    """
    stages = {
        stage_title(stage): counts
        for stage in search.stages
        if (study := search.study_of.get(stage.name)) is not None and (counts := _reached(study))
    }
    if not stages:
        return None
    figure = new_figure(
        "Number of networks by bracket and epoch", height=_ROOM + _PANEL * len(stages)
    )
    halvings = sorted({s for counts in stages.values() for s, _ in counts}, reverse=True)
    epochs = sorted({epoch for counts in stages.values() for _, epoch in counts})
    for panel, (title, counts) in enumerate(stages.items()):
        _add_panel(figure, panel, len(stages), title, counts, halvings, epochs)
    figure.update_layout(barmode="group", bargap=0.25)
    return figure


def _reached(study: optuna.Study) -> Counts:
    storage, study_id = storage_and_id(study)
    settings = storage.get_study_system_attrs(study_id).get(SETTINGS)
    if settings is None:
        return {}
    sizes = ("max_resource", "reduction_factor", "min_resource", "rule")
    schedule = hyperband_brackets(**{name: settings[name] for name in sizes})
    counts: Counter[tuple[int, int]] = Counter()
    for trial in study.get_trials(deepcopy=False):
        slot = slot_of(trial, settings["id"])
        if slot is None:
            continue
        bracket = _bracket_of(slot, schedule)
        for budget in bracket.budgets:
            counts[bracket.s, budget] += value_key(budget) in trial.system_attrs
    return {key: n for key, n in counts.items() if n}


def _bracket_of(slot: int, schedule: list[Bracket]) -> Bracket:
    """Return the bracket of a slot; brackets repeat cyclically."""
    slot %= sum(bracket.n_configurations for bracket in schedule)
    for bracket in schedule:
        if slot < bracket.n_configurations:
            return bracket
        slot -= bracket.n_configurations
    raise AssertionError("the slot is below the sum")


def _add_panel(
    figure: go.Figure,
    panel: int,
    n_panels: int,
    title: str,
    counts: Counts,
    halvings: list[int],
    epochs: list[int],
) -> None:
    suffix = "" if panel == 0 else str(panel + 1)
    for color, s in zip(PALETTE, halvings, strict=False):
        shown = [counts.get((s, epoch)) for epoch in epochs]
        figure.add_bar(
            x=[str(epoch) for epoch in epochs],
            y=shown,
            text=shown,
            textposition="outside",
            cliponaxis=False,
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
            marker={"color": color},
            name=f"halved {_TIMES.get(s, f'{s} times')}",
            legendgroup=str(s),
            showlegend=panel == 0,
            hovertemplate="%{y} reached epoch %{x}",
        )
    height = 1 / (n_panels + _GAP * (n_panels - 1))
    top = 1 - panel * height * (1 + _GAP)
    is_last = panel == n_panels - 1
    figure.update_layout(
        {
            f"yaxis{suffix}": {
                "domain": [max(top - height, 0), top],
                "title": {"text": "networks"},
            },
            f"xaxis{suffix}": {
                "anchor": f"y{suffix}",
                "type": "category",
                "categoryorder": "array",
                "categoryarray": [str(epoch) for epoch in epochs],
                "title": {"text": "epochs trained" if is_last else ""},
                "showgrid": False,
            },
        }
    )
    if n_panels > 1:
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=top, yref="paper", yanchor="top",
            text=title, showarrow=False, font={"color": GREY},
        )  # fmt: skip
