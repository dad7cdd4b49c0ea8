"""The end of a search on the screen: the leading networks and the best one."""

from __future__ import annotations

import textwrap
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optuna_dnc.cli.formats import add_costs, count, duration, tested
from optuna_dnc.objectives import cost_cells, costs_from_dict, costs_in_words, described_costs
from optuna_dnc.search.search_result import SearchResult

WIDTH = 100
"""Columns that the table may take."""


def print_result(result: SearchResult) -> None:
    """Print the table, then the best network and the folder's name."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    console.print(leaders_table(result.summary["leaders"]))
    best = result.best
    summary = result.summary
    test = tested(best.test_accuracy, best.test_error).replace("acc", "accuracy").capitalize()
    lines = [
        f"Best network: {best.config}",
        f"{test}, {costs_in_words(best.costs)}; "
        f"loss {best.loss:.3f} (wc {summary['wc']:g} on {summary['penalize']}).",
        f"{_work(summary['stages'])} in {duration(summary['search_seconds'])}.",
    ]
    for told in summary.get("diagnosis", []):
        lines[2:2] = textwrap.wrap(told, console.width)
    if not result.complete:
        lines.append("The time limit ended the search; the same command goes on from here.")
    lines.append(f"Saved in {result.path}")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _work(stages: list[dict[str, Any]]) -> str:
    trials = sum(stage["n_trials"] for stage in stages)
    trained = sum(stage["n_trained"] for stage in stages)
    # The first versions did not write down the epochs.
    epochs = sum(stage.get("epochs", 0) for stage in stages)
    together = f" for {count(epochs, 'epoch')} together" if epochs else ""
    return f"{trials} trials, {trained} of them trained{together},"


def leaders_table(leaders: list[dict[str, Any]]) -> Table:
    """The leading networks, one a line, in at most 100 columns."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    for heading in ("loss", "val acc"):
        table.add_column(heading, justify="right", no_wrap=True)
    costs = described_costs(costs_from_dict(leaders[0]) if leaders else ())
    add_costs(table, costs)
    for heading in ("lr", "decay", "batch"):
        table.add_column(heading, justify="right", no_wrap=True)
    # Only a column that may wrap gives way where there is no room; its text is cut instead.
    table.add_column("network", ratio=1)
    if leaders and leaders[0]["val_accuracy"] is None:
        table.columns[2].header = "val error"
    for rank, row in enumerate(leaders, start=1):
        training = row["training"]
        accuracy = row["val_accuracy"]
        table.add_row(
            str(rank),
            f"{row['loss']:.3f}",
            f"{row['error']:.4g}" if accuracy is None else f"{accuracy:.4f}",
            *cost_cells(costs_from_dict(row), costs),
            f"{training['lr']:.2g}",
            f"{training['weight_decay']:.1g}",
            str(training["batch_size"]),
            Text(row["network"], no_wrap=True, overflow="ellipsis"),
        )
    return table
