"""The figures of a search, in plotly."""

from __future__ import annotations

from optuna_dnc.report.missing import missing_package

try:
    from plotly import graph_objects as go
except ModuleNotFoundError as error:
    raise missing_package(error, "figures") from None

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.figures.brackets import brackets
from optuna_dnc.report.figures.cost import cost
from optuna_dnc.report.figures.importance import importance
from optuna_dnc.report.figures.learning_curves import learning_curves
from optuna_dnc.report.figures.network import network
from optuna_dnc.report.figures.optimization_history import course
from optuna_dnc.report.figures.options import options
from optuna_dnc.report.figures.parameters import parameters
from optuna_dnc.report.figures.time_spent import time_spent
from optuna_dnc.runs import Run

__all__ = [
    "brackets",
    "cost",
    "course",
    "figures",
    "importance",
    "learning_curves",
    "network",
    "options",
    "parameters",
    "time_spent",
]


def figures(search: Run, *, family: NetworkFamily | None = None) -> dict[str, go.Figure]:
    """Every figure that has something to show, by names that are valid HTML ids.

    Args:
        search: A search, running, stopped or complete.
        family: Of a search of a family of your own, to draw its network as it is built.
    """
    drawn = {
        "cost": cost(search),
        "network": network(search, family),
        "course": course(search),
        "learning-curves": learning_curves(search),
        "importance": importance(search),
        **parameters(search),
        "options": options(search),
        "brackets": brackets(search),
        "time-spent": time_spent(search),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}
