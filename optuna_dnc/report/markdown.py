"""Numbers of the notes, as optuna-dashboard renders Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from optuna_dnc.objectives import CostMeasure, described_costs
from optuna_dnc.runs import Record


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def quality(record: Record) -> str:
    """Validation accuracy in percent, or the error of a regression."""
    accuracy = record.measured.val_accuracy
    return f"{record.measured.error:.4g}" if accuracy is None else f"{accuracy:.2%}"


def costs_of(records: Iterable[Record]) -> list[CostMeasure]:
    """The cost measures of some records, for the columns of a table."""
    return described_costs(dict.fromkeys(name for r in records for name in r.measured.costs))


def seconds(value: float) -> str:
    """Seconds with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def loss(value: float) -> str:
    """A log10 loss, with a true minus sign."""
    return f"{value:.3f}".replace("-", "−")
