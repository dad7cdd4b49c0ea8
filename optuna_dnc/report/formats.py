"""Numbers, qualities and durations as text, for the report, the notes and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna_dnc._formats import accuracy_or_error, count, duration, quality
from optuna_dnc.objectives import CostMeasure, described_costs
from optuna_dnc.runs import Record

__all__ = [
    "accuracy_or_error",
    "costs_of",
    "count",
    "duration",
    "last_training",
    "loss",
    "number",
    "ordinal",
    "percent_of",
    "quality",
    "tested",
]


def tested(accuracy: float | None, error: float | None) -> str:
    """Format a test quality with its name, such as ``test acc 0.9722``."""
    return "no test set" if error is None else f"test {accuracy_or_error(accuracy, error)}"


def last_training(summary: Mapping[str, Any]) -> list[str]:
    """Return a sentence about the training on all samples at the end of a search, if any.

    Args:
        summary: Content of result.json.
    """
    refit = summary.get("refit")
    if refit is None:
        return []
    trained = f"In the end it was trained again on all {refit['n_samples']:,} samples"
    if not refit["is_kept"]:
        return [f"{trained}; that training failed, so its weights are those of the search."]
    before = refit["before"]
    if before["test_error"] is None:
        return [f"{trained}."]
    return [f"{trained}; before that, {tested(before['test_accuracy'], before['test_error'])}."]


def percent_of(record: Record) -> str:
    """Format the validation accuracy of a trial in percent, or its error in a regression."""
    return quality(record.measured.val_accuracy, record.measured.error, ".2%")


def costs_of(records: Iterable[Record]) -> list[CostMeasure]:
    """Return the cost measures of some records, one for each column of a table."""
    return described_costs(dict.fromkeys(name for r in records for name in r.measured.costs))


def loss(value: float) -> str:
    """Format a log10 loss with three decimals and a typographic minus sign."""
    return f"{value:.3f}".replace("-", "−")


def number(value: float) -> str:
    """Format a positive number: as an integer from 100 on, with three digits below."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ordinal(number: int) -> str:
    """Format an ordinal number, such as ``1st`` or ``11th``."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
