"""Importance of the searched parameters, and of the columns of a table."""

from __future__ import annotations

import textwrap

import optuna
from plotly import graph_objects as go

from optuna_dnc.report.figures.rows import Rows
from optuna_dnc.report.figures.theme import BLUE, GREY, PALE, rounded
from optuna_dnc.report.figures.trial_marks import stage_title
from optuna_dnc.runs import Run
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.samplers.dnc.explanation import Explanation

FEWEST_TRIALS = 8
"""Minimum number of trials of a stage."""
TRUSTED = 0.4
"""Minimum rank correlation of predicted and observed losses for a trusted model."""
_MOST_ROWS = 8
"""Maximum number of parameters of a stage."""


def importance(search: Run) -> go.Figure | None:
    """Plot the importance for the loss of the parameters of the Bayesian stages.

    Importance is the total Sobol index over the whole space, according to the model of
    :class:`optuna_dnc.DNCSampler`. If this model predicts trials poorly from the others, the bars
    are pale and the heading says so.

    Returns:
        None while no stage has enough trials.
    """
    explanations = {
        stage_title(stage): explanation
        for stage in search.stages
        if stage.is_bayesian
        and (study := search.study_of.get(stage.name)) is not None
        and (explanation := _explain(study)) is not None
    }
    if not explanations:
        return None
    rows, bars = Rows(), []
    for title, explanation in explanations.items():
        rows.head(f"{title}{_doubt(explanation)}")
        shares = list(explanation.importances.items())[:_MOST_ROWS]
        bars.append(
            go.Bar(
                x=[rounded(min(share, 1.0), 3) for _, share in shares],
                y=[rows.label(name) for name, _ in shares],
                text=[f"{min(share, 1.0):.2f}" for _, share in shares],
                textposition="outside",
                textfont={"size": 12},
                cliponaxis=False,
                orientation="h",
                width=0.3,
                marker={"color": BLUE if _is_trusted(explanation) else PALE},
                showlegend=False,
                hoverinfo="skip",
            )
        )
    figure = rows.figure(
        "Importance of the hyperparameters", x="share of the variance of the loss"
    )
    figure.add_traces(bars)
    return figure.update_xaxes(range=[0, 1.12], tickvals=[0, 0.25, 0.5, 0.75, 1])


def _explain(study: optuna.Study) -> Explanation | None:
    finished = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
    if len(finished) < FEWEST_TRIALS or len({t.value for t in finished}) == 1:
        return None
    explanation = DNCSampler(seed=0).explain(study)
    return explanation if explanation.importances else None


def _is_trusted(explanation: Explanation) -> bool:
    return explanation.rank_correlation >= TRUSTED


def _doubt(explanation: Explanation) -> str:
    return "" if _is_trusted(explanation) else " (uncertain)"


_MOST_FEATURES = 15
"""Columns that are shown; the most important ones."""
_WIDTH = 45
"""Characters of a name that fit on a phone."""


def feature_importance(search: Run) -> go.Figure | None:
    """Plot how much the error grows when the values of a column are shuffled.

    Returns:
        None for images, before the end of the search, and if there was no time for it.
    """
    if search.analysis is None:
        return None
    shown = search.analysis["features"][:_MOST_FEATURES]
    scale = 100 if search.predicts_labels else 1
    unit = "percentage points" if search.predicts_labels else "MSE / variance"
    rows = Rows()
    increases = [rounded(scale * feature["increase"], 3) for feature in shown]
    bars = go.Bar(
        x=increases,
        y=[rows.label(textwrap.shorten(f["name"], _WIDTH, placeholder=" …")) for f in shown],
        error_x={
            "array": [rounded(scale * feature["deviation"], 3) for feature in shown],
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        orientation="h",
        width=0.3,
        marker={"color": BLUE},
        showlegend=False,
        hovertemplate="%{x} " + unit + "<extra></extra>",
    )
    figure = rows.figure("Importance of the columns", x=f"growth of the error, {unit}")
    return figure.add_traces([bars])
