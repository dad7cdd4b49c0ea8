"""An ensemble on the screen: beside the single best network, and what it is made of."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optuna_dnc.cli.formats import add_costs, count
from optuna_dnc.ensemble import Ensemble, MemberProgress
from optuna_dnc.objectives import cost_cells, described_costs

WIDTH = 100
"""Columns that the tables may take."""


class TrainingLines:
    """Shows which network is trained: on a terminal in the bar, elsewhere one line each."""

    def __init__(self, show: Callable[[float, str], None], *, quiet: bool) -> None:
        self._show = show
        self._lines = not quiet and not sys.stderr.isatty()
        self._last = 0

    def __call__(self, progress: MemberProgress) -> None:
        number, total, description, epoch, epochs = progress
        text = f"Training network {number}/{total}"
        self._show((number - 1 + epoch / epochs) / total, text)
        if self._lines and number != self._last:
            typer.echo(f"{text}: {description}", err=True)
        self._last = number


def print_ensemble(ensemble: Ensemble, *, wanted: int | None) -> None:
    """Print the comparison, the members, and what to do with them.

    Args:
        ensemble: What was made.
        wanted: Leaders that the user asked for; None if there was no wish.
    """
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    if wanted is not None and ensemble.n_candidates < wanted:
        console.print(
            f"{wanted} networks were asked for; the search has trained "
            f"{count(ensemble.n_candidates, 'network')} to the end, and these are used.",
            soft_wrap=True,
        )
    console.print(_comparison(ensemble))
    console.print(_members(ensemble))
    console.print(f"Saved in {ensemble.path}", markup=False, soft_wrap=True)


def _comparison(ensemble: Ensemble) -> Table:
    figure = "error" if ensemble.best.val_accuracy is None else "acc"
    costs = described_costs(ensemble.best.costs)
    table = _table("", f"val {figure}", f"test {figure}")
    add_costs(table, costs)
    table.add_column("µs/sample", justify="right", no_wrap=True)
    size = count(len(ensemble.members), "network")
    for name, found in (
        ("best network", ensemble.best),
        (f"ensemble of {size}", ensemble.performance),
    ):
        table.add_row(
            name,
            _figure(found.val_accuracy, found.val_error),
            _figure(found.test_accuracy, found.test_error),
            *cost_cells(found.costs, costs),
            _microseconds(found.seconds_per_sample),
        )
    return table


def _members(ensemble: Ensemble) -> Table:
    figure = "error" if ensemble.best.val_accuracy is None else "acc"
    costs = [cost for cost in described_costs(ensemble.best.costs) if not cost.of_training]
    table = _table("from", "weight", f"val {figure}")
    add_costs(table, costs)
    for heading in ("lr", "batch"):
        table.add_column(heading, justify="right", no_wrap=True)
    # Only a column that may wrap gives way where there is no room; its text is cut instead.
    table.add_column("network", ratio=1)
    for member, weight in zip(ensemble.members, ensemble.weights, strict=True):
        table.add_row(
            member.source,
            f"{weight:.3g}",
            _figure(member.val_accuracy, member.val_error),
            *cost_cells(member.costs, costs),
            f"{member.training.lr:.2g}",
            str(member.training.batch_size),
            Text(member.description, no_wrap=True, overflow="ellipsis"),
        )
    return table


def _table(first: str, *figures: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _microseconds(seconds: float) -> str:
    figure = 1e6 * seconds
    return f"{figure:,.0f}" if figure >= 10 else f"{figure:.2g}"


def _figure(accuracy: float | None, error: float | None) -> str:
    if error is None:
        return "-"
    return f"{error:.4g}" if accuracy is None else f"{accuracy:.4f}"
