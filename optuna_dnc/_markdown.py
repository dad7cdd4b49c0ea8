"""Markdown for optuna-dashboard: tables, lists and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; all columns but the first are aligned to the right."""
    align = [":---", *["---:"] * (len(header) - 1)]
    lines = [header, align, *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def listed(items: Iterable[object]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    texts = [str(item) for item in items]
    return " and ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part)


def counted(number: int, noun: str) -> str:
    """Return ``one layer`` or ``2,000 layers``."""
    return f"one {noun}" if number == 1 else f"{number:,} {noun}s"


def fields(values: Mapping[str, object]) -> str:
    """Return one item for each name with its value."""
    return "\n".join(f"- {name}: `{value}`" for name, value in values.items())
