"""Registry of figures: one row per figure, in the order of the report and the dashboard.

It does not import plotly, which is optional: notes of the dashboard need names and captions only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureRow:
    """Name, builder and caption of a figure."""

    name: str
    """HTML id. Figures of one stage append its name, such as ``parameters-training``."""
    builder: str
    """Function in :mod:`optuna_dnc.report.figures` that draws a run; it returns a figure, a
    dictionary of figures by name, or None without data."""
    caption: str
    """How to read the figure."""


SEARCH_FIGURES = (
    FigureRow(
        "cost",
        "cost",
        "Each mark is a trained network. All points on a dotted line have the same loss; better "
        "or cheaper networks have a lower one. The steps are the Pareto front: no other network "
        "is both better and cheaper than one on it.",
    ),
    FigureRow(
        "network",
        "network",
        "The layers of the best network from input to output. The bar shows the layer's share of "
        "all parameters. Orange arcs are shortcuts: their values are added at the end of the arc.",
    ),
    FigureRow(
        "confusion",
        "confusion",
        "Rows are true classes, columns predicted ones. The bluer a field, the larger its share "
        "of the row. The numbers of samples are in the fields, or appear when you point at one.",
    ),
    FigureRow(
        "predictions",
        "predictions",
        "Each mark is a sample: its true and its predicted value. On the line, both are equal.",
    ),
    FigureRow(
        "course",
        "optimization_history",
        "Each mark is a trial, in the order of the stages. The line is the best loss so far.",
    ),
    FigureRow(
        "learning-curves",
        "learning_curves",
        "The best networks, numbered as in the table of best networks. Training minimizes "
        "the cross-entropy for classification, and the mean squared error for regression.",
    ),
    FigureRow(
        "importance",
        "importance",
        "The share of the variance of the loss that depends on each hyperparameter, alone or in "
        "interactions (total Sobol index of the sampler's model). Pale bars are uncertain: the "
        "model predicts the losses poorly.",
    ),
    FigureRow(
        "feature-importance",
        "feature_importance",
        "How much the error on validation rows grows when the values of a column are shuffled "
        "among the rows, three times; lines show the standard deviation. Columns with the same "
        "information stand in for each other, so that both may seem unimportant.",
    ),
    FigureRow(
        "parameters",
        "parameters",
        "Each line is a trial. It passes through the value of each parameter, between the lowest "
        "and the highest allowed value, and ends at the loss. The best loss is on the left.",
    ),
    FigureRow(
        "options",
        "options",
        "The grids of stage 2. Each option was tried on the best network so far. The best option "
        "of each grid is green; it was kept if it improved the loss.",
    ),
    FigureRow(
        "brackets",
        "brackets",
        "Hyperband trains many networks for a few epochs and only the best of them for longer.",
    ),
    FigureRow(
        "time-spent",
        "time_spent",
        "Wall time of all trials. Reused results took no time.",
    ),
)

TRADEOFF_FIGURES = (
    FigureRow(
        "by-wc",
        "by_wc",
        "The network with the lowest loss for each wc, chosen from all trained networks. If the "
        "searches share their trials, the one with the largest wc trains most of them.",
    ),
    FigureRow(
        "all-networks",
        "all_networks",
        "Each mark is a trained network; its color and shape show which search trained it. The "
        "steps are the Pareto front: no other network is both better and cheaper than one on it. "
        "Rings mark the chosen networks.",
    ),
)


def position(name: str) -> int:
    """Return the position of a figure in the report; unknown figures are last."""
    rows = (*SEARCH_FIGURES, *TRADEOFF_FIGURES)
    return next((i for i, row in enumerate(rows) if name.startswith(row.name)), len(rows))


def caption(name: str) -> str:
    """Return the caption of a figure; empty for unknown figures."""
    rows = (*SEARCH_FIGURES, *TRADEOFF_FIGURES)
    return next((row.caption for row in rows if name.startswith(row.name)), "")
