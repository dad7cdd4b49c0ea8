"""Result of a search on the terminal: the best networks."""

from __future__ import annotations

import textwrap
from typing import Any

from rich.table import Table

from optuna_dnc.cli.tables import new_console, new_table, one_line, print_lines
from optuna_dnc.evaluation import Comparison
from optuna_dnc.objectives import cost_cells, costs_from_dict, costs_in_words, described_costs
from optuna_dnc.report.formats import (
    count,
    cross_validated,
    duration,
    last_training,
    quality,
    tested,
)
from optuna_dnc.search.search_result import SearchResult


def print_result(result: SearchResult) -> None:
    """Print a table of the best networks, a summary of the best one, and the run's folder."""
    console = new_console()
    console.print(leaders_table(result.summary["leaders"]))
    best = result.best
    summary = result.summary
    test = tested(best.test_accuracy, best.test_error).replace("acc", "accuracy").capitalize()
    comparison = Comparison.of(summary)
    remarks = [
        *([] if comparison is None else comparison.lines(summary["wc"])),
        *summary.get("diagnosis", []),
    ]
    lines = [
        f"Best network: {best.config}",
        f"{test}, {costs_in_words(best.costs)}; "
        f"loss {best.loss:.3f} (wc {summary['wc']:g} on {summary['penalize']}).",
        *cross_validated(summary),
        *last_training(summary),
        *(line for text in remarks for line in textwrap.wrap(text, console.width)),
        f"{_trials(summary['stages'])} in {duration(summary['search_seconds'])}.",
    ]
    if not result.complete:
        lines.append("The search stopped at the time limit; run the same command again to resume.")
    print_lines(console, [*lines, f"Saved in {result.path}"])


def _trials(stages: list[dict[str, Any]]) -> str:
    trials = sum(stage["n_trials"] for stage in stages)
    trained = sum(stage["n_trained"] for stage in stages)
    # The first versions did not record the epochs.
    epochs = sum(stage.get("epochs", 0) for stage in stages)
    in_total = f" for {count(epochs, 'epoch')} in total" if epochs else ""
    return f"{count(trials, 'trial')}, {trained} of them trained{in_total},"


def leaders_table(leaders: list[dict[str, Any]]) -> Table:
    """Return a table of the best networks, one per row.

    Args:
        leaders: The ``leaders`` of ``result.json``.
    """
    costs = described_costs(costs_from_dict(leaders[0]) if leaders else ())
    is_regression = bool(leaders) and leaders[0]["val_accuracy"] is None
    table = new_table(
        "",
        "loss",
        "val error" if is_regression else "val acc",
        *(cost.heading for cost in costs),
        "lr",
        "decay",
        "batch",
        wide="network",
    )
    for rank, row in enumerate(leaders, start=1):
        training = row["training"]
        table.add_row(
            str(rank),
            f"{row['loss']:.3f}",
            quality(row["val_accuracy"], row["error"]),
            *cost_cells(costs_from_dict(row), costs),
            f"{training['lr']:.2g}",
            f"{training['weight_decay']:.1g}",
            str(training["batch_size"]),
            one_line(row["network"]),
        )
    return table
