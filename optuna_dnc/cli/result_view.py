"""Result of a search on the terminal: the best networks."""

from __future__ import annotations

import textwrap
from typing import Any

from rich.table import Table

from optuna_dnc._formats import count, duration, quality
from optuna_dnc.cli.tables import new_console, new_table, one_line, print_lines, print_table
from optuna_dnc.evaluation import Comparison
from optuna_dnc.objectives import (
    Score,
    cost_cells,
    costs_from_dict,
    costs_in_words,
    described_costs,
)
from optuna_dnc.report.formats import cross_validated, final_training
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.search.search_result import SearchResult


def print_result(result: SearchResult) -> None:
    """Print a table of the best networks, a summary of the best one, and the run's folder."""
    console = new_console()
    print_table(console, leaders_table(result.summary["leaders"]))
    best, is_chosen = result.answer, result.chosen is not None
    summary = answer_summary(result.summary)
    test = _tested(best.quality.test)
    comparison = Comparison.of(summary)
    remarks = [
        *([] if comparison is None else comparison.lines(summary["wc"])),
        *([] if is_chosen else summary.get("diagnosis", [])),
    ]
    lines = [
        f"{'Chosen' if is_chosen else 'Best'} network: {best.config}",
        f"{test}, {costs_in_words(best.costs)}; "
        f"loss {best.loss:.3f} (wc {summary['wc']:g} on {summary['penalize']}).",
        *cross_validated(summary),
        *final_training(summary),
        *(line for text in remarks for line in textwrap.wrap(text, console.width)),
        f"{_trials(summary['stages'])} in {duration(summary['search_seconds'])}.",
    ]
    if (n_tested := result.n_test_evaluations) > 1:
        lines.append(f"{n_tested} networks were evaluated on the test set.")
    if not result.complete:
        lines.append("The search stopped at the time limit; run the same command again to resume.")
    print_lines(console, [*lines, f"Saved in {result.path}"])


def _tested(score: Score | None) -> str:
    """Return the test score in words, with the accuracy if the metric is another one."""
    if score is None:
        return "No test set"
    text = f"Test {score.described.title} {quality(score)}"
    is_accuracy = score.accuracy is None or score.described.basis == "accuracy"
    return text if is_accuracy else f"{text} (accuracy {score.accuracy:.4f})"


def _score(row: dict[str, Any]) -> Score | None:
    task = "regression" if row["val_accuracy"] is None else "classification"
    return Score.read({**row, "val_error": row["error"]}, "val", task)


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
    scores = [_score(row) for row in leaders]
    metric = scores[0].described.heading if scores and scores[0] else "acc"
    table = new_table(
        "",
        "loss",
        f"val {metric}",
        *(cost.heading for cost in costs),
        "lr",
        "decay",
        "batch",
        wide="network",
    )
    for rank, (row, score) in enumerate(zip(leaders, scores, strict=True), start=1):
        training = row["training"]
        table.add_row(
            str(rank),
            f"{row['loss']:.3f}",
            quality(score),
            *cost_cells(costs_from_dict(row), costs),
            f"{training['lr']:.2g}",
            f"{training['weight_decay']:.1g}",
            str(training["batch_size"]),
            one_line(row["network"]),
        )
    return table
