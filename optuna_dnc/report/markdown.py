"""Words, numbers and tables of the notes, as optuna-dashboard renders Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from optuna_dnc.objectives import CostMeasure, described_costs
from optuna_dnc.runs import Record


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    align = [":---", *["---:"] * (len(header) - 1)]
    lines = [header, align, *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def listed(items: Iterable[object]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    texts = [str(item) for item in items]
    return " and ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part)


def counted(number: int, noun: str) -> str:
    """``one layer``, ``2,000 layers``."""
    return f"one {noun}" if number == 1 else f"{number:,} {noun}s"


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
