"""Figures as the command line writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from optuna_dnc.objectives import CostMeasure


def accuracy_or_error(accuracy: float | None, error: float) -> str:
    """``acc 0.9722``, or the error of a regression."""
    return f"error {error:.4g}" if accuracy is None else f"acc {accuracy:.4f}"


def tested(accuracy: float | None, error: float | None) -> str:
    """``test acc 0.9722``, or the error of a regression."""
    return "no test set" if error is None else f"test {accuracy_or_error(accuracy, error)}"


def figure(accuracy: float | None, error: float | None) -> str:
    """An accuracy, or the error of a regression, with four digits; empty if there is neither."""
    if accuracy is not None:
        return f"{accuracy:.4f}"
    return "" if error is None else f"{error:.4g}"


def add_costs(table: Table, costs: Iterable[CostMeasure]) -> None:
    """Add a column for each cost."""
    for cost in costs:
        table.add_column(cost.heading, justify="right", no_wrap=True)


def count(number: int, noun: str) -> str:
    """``1 epoch``, ``2,000 epochs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """``45 s``, ``12:05 min`` or ``3:07 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
