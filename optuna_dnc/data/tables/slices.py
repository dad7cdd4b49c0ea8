"""Slices of the rows of a table: a category, a range of values, or missing values of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.tables.column import Column
from optuna_dnc.data.tables.table import Table

N_RANGES = 4
"""Ranges of a column of numbers, with about as many rows each."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Slice:
    """Rows that share a property."""

    column: str
    what: str
    """The property: a category, a range of values, or that the value is missing."""
    rows: Mask
    """(n,) bool: which rows are in the slice."""


def slices_of(table: Table, x: NDArray[Any]) -> Iterator[Slice]:
    """Iterate over the slices of the columns that networks see.

    Args:
        table: The columns.
        x: (n, inputs), encoded by :meth:`Table.encode`.
    """
    for column, inputs in table.parts():
        for what, rows in _slices_of_column(column, x[:, inputs]):
            yield Slice(column.name, what, rows)


def _slices_of_column(column: Column, inputs: NDArray[Any]) -> Iterator[tuple[str, Mask]]:
    missing = np.zeros(len(inputs), dtype=bool)
    if column.has_missing:
        missing = inputs[:, -1] > 0.5
        yield "missing", missing
    if column.kind == "category":
        yield from _categories(column, inputs)
    elif column.kind == "binary":
        second = inputs[:, 0] > 0.5
        yield column.categories[0], ~second & ~missing
        if len(column.categories) > 1:
            yield column.categories[1], second
    elif column.categories:
        for code, category in enumerate(column.categories):
            yield category, (np.abs(inputs[:, 0] - code) < 0.5) & ~missing
    else:
        yield from _ranges(inputs[:, 0], ~missing)


def _categories(column: Column, inputs: NDArray[Any]) -> Iterator[tuple[str, Mask]]:
    for index, category in enumerate(column.categories):
        if column.embedded:
            yield category, np.abs(inputs[:, 0] - (index + 1)) < 0.5
        else:
            yield category, inputs[:, index] > 0.5


def _ranges(values: NDArray[Any], known: Mask) -> Iterator[tuple[str, Mask]]:
    """Yield ranges between quantiles; a value is in one range only."""
    if not known.any():
        return
    shares = np.linspace(0, 1, N_RANGES + 1)
    edges = np.unique(np.quantile(values[known], shares, method="inverted_cdf"))
    for low, high in pairwise(edges.tolist()):
        is_first = low == edges[0]
        above = values >= low if is_first else values > low
        comparison = f"{low:.4g} to {high:.4g}" if is_first else f"above {low:.4g} to {high:.4g}"
        yield comparison, above & (values <= high) & known
