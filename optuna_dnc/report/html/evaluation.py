"""Section of the report with the metrics of the network, and simple models beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optuna_dnc._markdown import counted
from optuna_dnc.evaluation.comparison import (
    BOOSTING,
    CONSTANT,
    LINEAR,
    SMALL_BOOSTING,
    Comparison,
)
from optuna_dnc.evaluation.panel import EvaluationPanel, text_of
from optuna_dnc.runs import Run

_SHORT = {
    CONSTANT: "constant",
    LINEAR: "linear",
    BOOSTING: "boosting",
    SMALL_BOOSTING: "boosting (30)",
}
"""Headings, so that the table fits a phone."""


def evaluation_content(search: Run) -> dict[str, Any] | None:
    """Return the variables of the section; None if the network was not evaluated."""
    comparison = Comparison.of(search.answer)
    if comparison is None:
        return None
    panel = comparison.panel
    return {
        "headline": comparison.headline.replace(" %", "\N{NO-BREAK SPACE}%"),
        "advice": comparison.verdict(search.settings["wc"]),
        "remarks": [*([] if panel is None else [_remark(comparison, panel)]), *comparison.gaps],
        "models": [_SHORT.get(floor.name, floor.name) for floor in comparison.floors],
        "rows": [] if panel is None else list(_rows(comparison, panel)),
        "targets": [] if panel is None else panel.target_table(),
    }


def _remark(comparison: Comparison, panel: EvaluationPanel) -> str:
    measured = f"Measured on {counted(panel.n_samples, f'{comparison.part} sample')}"
    if comparison.n_folds > 1:
        measured += f" of {comparison.n_folds} folds"
    if panel.is_weighted:
        measured += ", which count by their weights in all but the confusion matrix"
    trained = f"the simple models were trained on {counted(comparison.n_train, 'sample')}"
    before = ""
    if comparison.part == "validation":
        before = " There is no test set; this is the network before its training on all samples."
        if comparison.n_folds > 1:
            before = (
                " There is no test set: each fold was predicted by a network and by simple models "
                "that were trained without it."
            )
    text = f"{measured}; {trained}, as the network.{before}"
    if panel.interval is not None:
        text += " In parentheses: 95\N{NO-BREAK SPACE}% bootstrap interval."
    return text


def _rows(comparison: Comparison, panel: EvaluationPanel) -> Iterator[dict[str, Any]]:
    for name, value in panel.scores.items():
        text = text_of(name)
        yield {
            "title": text.title,
            "is_main": name == panel.metric,
            "value": text.format(value),
            "others": [
                text.format(floor.scores[name]) if name in floor.scores else ""
                for floor in comparison.floors
            ],
        }
