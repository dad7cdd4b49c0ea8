"""What stands for missing values in encoded rows: the medians of the rows that are trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.tables.dates import DAY, seconds_of

if TYPE_CHECKING:  # arrays need no pyarrow
    from optuna_dnc.data.tables.column import Column
    from optuna_dnc.data.tables.table import Table


@dataclass(frozen=True, eq=False)
class FilledRows:
    """Encoded rows, in which missing values have the fills of other columns once they are taken.

    It has the part of an array that preprocessing needs.
    """

    x: NDArray[Any]
    fills: tuple[tuple[int, slice, NDArray[np.float64]], ...]
    """Of each column: index of its indicator, its other inputs, and what these become."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.x.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.x.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the inputs."""
        return self.x.dtype

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        """Return a copy of some rows."""
        part = np.array(self.x[rows])
        every = np.atleast_2d(part)
        for indicator, inputs, values in self.fills:
            every[every[:, indicator] == 1, inputs] = values
        return part


def filled(x: NDArray[Any], table: Table | None) -> NDArray[Any] | FilledRows:
    """Return rows that a table encoded, but for its fills, with its fills."""
    if table is None:
        return x
    fills = tuple(
        (inputs.stop, inputs, column.encoded_fill) for column, inputs in _with_gaps(table)
    )
    return FilledRows(x, fills) if fills else x


def with_medians_of(table: Table | None, x: NDArray[Any], rows: NDArray[np.int64]) -> Table | None:
    """Return the table with the medians of some of its rows as fills.

    Fills of columns without missing values stay: nothing is trained with them.

    Args:
        table: The columns; None if the rows are no table.
        x: (n, inputs), encoded by it.
        rows: Indices of the rows.
    """
    if table is None or len(rows) == len(x):
        return table
    fills = {}
    for column, inputs in _with_gaps(table):
        known = rows[x[rows, inputs.stop] == 0]
        if len(known):
            fills[column.name] = _median(column, x[known, inputs.start])
    return replace(
        table,
        columns=tuple(replace(c, fill=fills.get(c.name, c.fill)) for c in table.columns),
    )


def _with_gaps(table: Table) -> Iterator[tuple[Column, slice]]:
    """Iterate over columns with a fill and an indicator, and their inputs before the indicator."""
    start = 0
    for column in table.used:
        stop = start + len(column.inputs)
        if column.has_missing and column.fill is not None and not math.isnan(column.fill):
            yield column, slice(start, stop - 1)
        start = stop


def _median(column: Column, inputs: NDArray[Any]) -> float:
    """Return the median of a number or date from the first input of known values."""
    median = float(np.median(inputs.astype(np.float64)))
    if column.kind != "date":
        return median
    seconds = seconds_of(median)
    return float(round(seconds) if column.has_time else round(seconds / DAY) * DAY)
