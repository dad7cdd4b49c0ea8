"""Figures of a search, drawn with plotly."""

from __future__ import annotations

from optuna_dnc._extras import missing_package

try:
    from plotly import graph_objects as go
except ModuleNotFoundError as error:
    raise missing_package(error, "figures") from None

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.figure_registry import SEARCH_FIGURES
from optuna_dnc.report.figures.brackets import brackets
from optuna_dnc.report.figures.cost import cost
from optuna_dnc.report.figures.importance import feature_importance, importance
from optuna_dnc.report.figures.learning_curves import learning_curves
from optuna_dnc.report.figures.network import network
from optuna_dnc.report.figures.optimization_history import optimization_history
from optuna_dnc.report.figures.options import options
from optuna_dnc.report.figures.parameters import parameters
from optuna_dnc.report.figures.predictions import confusion, predictions
from optuna_dnc.report.figures.time_spent import time_spent
from optuna_dnc.runs import Run

__all__ = [
    "brackets",
    "confusion",
    "cost",
    "feature_importance",
    "figures",
    "importance",
    "learning_curves",
    "network",
    "optimization_history",
    "options",
    "parameters",
    "predictions",
    "time_spent",
]


def figures(search: Run, *, family: NetworkFamily | None = None) -> dict[str, go.Figure]:
    """Draw all figures of a search that have data.

    Args:
        search: A running, stopped or complete search.
        family: Custom network family of a search that was run with a version that did not keep
            the layers of its networks.

    Returns:
        Figures by name, in the order of the report; the names are valid HTML ids.
    """
    drawn: dict[str, go.Figure | None] = {}
    for row in SEARCH_FIGURES:
        arguments = (search, family) if row.builder == network.__name__ else (search,)
        built = globals()[row.builder](*arguments)
        drawn |= built if isinstance(built, dict) else {row.name: built}
    return {name: figure for name, figure in drawn.items() if figure is not None}
