"""A trade-off on the screen: its searches at work, and what they came to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optuna_dnc.cli.formats import add_costs, count, duration, figure
from optuna_dnc.cli.progress import Progress
from optuna_dnc.cli.result_view import WIDTH
from optuna_dnc.objectives import cost_cells, costs_from_dict, described_costs
from optuna_dnc.search import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.tradeoff import Tradeoff


class TradeoffProgress:
    """Shows the events of searches that go side by side."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._has_started = False

    def __call__(self, wc: float, event: Event) -> None:
        """Show one event of the search with this ``wc``."""
        if isinstance(event, SearchStarted):
            if self._has_started:
                return
            self._has_started = True
            event = replace(event, folder=event.folder.parent)
        elif isinstance(event, TrialDone):
            # The estimate of one search says nothing of the others.
            event = replace(event, stage=f"wc {wc:g} {event.stage}", seconds_left=None)
        elif isinstance(event, StageStarted | StageDone):
            event = replace(event, stage=f"wc {wc:g} {event.stage}")
        self._progress.on_event(event)


def print_tradeoff(found: Tradeoff, figures: Path | str) -> None:
    """Print a line for each wc, and where the rest is."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    console.print(_table(found))
    summary = found.summary
    lines = [
        f"{count(summary['n_trained'], 'training')} for {count(summary['epochs'], 'epoch')} "
        f"together, in {duration(summary['search_seconds'])}.",
    ]
    if not found.complete:
        lines.append("Not all searches have ended; the command that began them goes on from here.")
    lines.append(f"Saved in {found.path}")
    lines.append(f"Figures: {figures}")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _table(found: Tradeoff) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for heading in ("wc", "loss", "val acc", "test"):
        table.add_column(heading, justify="right", no_wrap=True)
    costs = described_costs(costs_from_dict(found.summary["points"][0]))
    add_costs(table, costs)
    for heading in ("trained", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    # Only a column that may wrap gives way where there is no room; its text is cut instead.
    table.add_column("network", ratio=1)
    if found.summary["task"] == "regression":
        table.columns[2].header = "val error"
    for point in found.summary["points"]:
        table.add_row(
            f"{point['wc']:g}",
            f"{point['loss']:.3f}",
            figure(point["val_accuracy"], point["val_error"]),
            figure(point["test_accuracy"], point["test_error"]),
            *cost_cells(costs_from_dict(point), costs),
            str(point["n_trained"]),
            duration(point["search_seconds"]),
            Text(point["description"], no_wrap=True, overflow="ellipsis"),
        )
    return table
