"""Columns of a table in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import listed, printable

if TYPE_CHECKING:
    from optuna_dnc.data.tables.column import Column
    from optuna_dnc.data.tables.table import Table

MOST_NAMED = 20
"""Columns of a kind that are named."""

_REASONS = {
    "identifier": "almost every row has its own value: nothing can be learned for new rows",
    "text": "free text, which these networks cannot read",
    "constant": "one value in all training rows",
}


def column_lines(table: Table) -> tuple[str, ...]:
    """Return a line for each kind with its columns, and a sentence on those left out."""
    return tuple(map(printable, _lines(table)))


def _lines(table: Table) -> Iterator[str]:
    n_used = len(table.used)
    n, width = len(table.columns), table.width
    yield (
        f"{n_used} of {n} column{'s' * (n != 1)} become{'s' * (n_used == 1)} "
        f"{width:,} input{'s' * (width != 1)}:"
    )
    for kind in dict.fromkeys(column.kind for column in table.columns):
        columns = [column for column in table.columns if column.kind == kind]
        if columns[0].is_used:
            described = [_described(column) for column in columns[:MOST_NAMED]]
            if len(columns) > MOST_NAMED:
                described.append(f"{len(columns) - MOST_NAMED:,} more")
            yield f"  {kind}: {', '.join(described)}"
    for left_out, reason in _REASONS.items():
        names = [
            column.name or "the column without a name"
            for column in table.columns
            if column.kind == left_out
        ]
        if names:
            yield f"Left out as {left_out}: {listed(names)} ({reason})."


def _described(column: Column) -> str:
    facts = []
    if column.kind == "category":
        facts.append(f"{len(column.categories)}{' embedded' if column.embedded else ''}")
    if column.number_format is not None:
        facts.append(f"written as {column.number_format}")
    if column.has_missing:
        facts.append("gaps")
    return f"{column.name} ({', '.join(facts)})" if facts else column.name


def column_facts(table: Table) -> list[dict[str, Any]]:
    """Return name, kind, number of categories and inputs of each column, as JSON."""
    return [
        {
            "name": column.name,
            "kind": column.kind,
            "n_categories": len(column.categories),
            "n_inputs": len(column.inputs),
            "has_missing": column.has_missing,
            "embedded": column.embedded,
        }
        for column in table.columns
    ]
