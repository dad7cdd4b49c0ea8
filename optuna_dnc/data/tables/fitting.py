"""Fill values and categories of a table, fitted to the rows that are trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.chunks import row_chunks
from optuna_dnc.data.tables.dates import DAY, seconds_of
from optuna_dnc.data.tables.kind import RARE

if TYPE_CHECKING:  # arrays need no pyarrow
    from optuna_dnc.data.tables.column import Column
    from optuna_dnc.data.tables.table import Table

Gaps = Mapping[str, NDArray[np.bool_]]
"""By column, rows where its fill stands for the value and no input says so."""


def fitted(table: Table | None, x: NDArray[Any], rows: NDArray[np.int64]) -> Table | None:
    """Return the table with fills and categories of some of its rows.

    The inputs stay what they are: a category that the rows do not have keeps its input or its
    code, and counts as new. Levels of ordered columns, which share an input, are numbered anew
    unless they were given.

    Args:
        table: The columns; None if the rows are no table.
        x: (n, inputs), encoded by it.
        rows: Indices of the rows.
    """
    if table is None or len(rows) == len(x):
        return table
    is_seen = np.zeros(x.shape[1], dtype=bool)
    for _, part in row_chunks(x, rows):
        is_seen |= part.any(axis=0)
    columns = {}
    for column, inputs, indicator in _places(table):
        if column.embedded:
            columns[column.name] = _with_frequent(column, x[rows, inputs.start])
        elif column.kind == "category":
            columns[column.name] = _with_categories(column, is_seen[inputs])
        elif column.kind == "binary":
            is_known = slice(None) if indicator is None else x[rows, indicator] == 0
            is_second = x[rows, inputs.start][is_known] == 1
            found = ((~is_second).any(), is_second.any())
            columns[column.name] = _with_categories(column, found[: len(column.categories)])
        elif column.fill is not None:
            is_known = slice(None) if indicator is None else x[rows, indicator] == 0
            columns[column.name] = _with_median(column, x[rows, inputs.start][is_known])
    return replace(table, columns=tuple(columns.get(c.name, c) for c in table.columns))


def _with_frequent(column: Column, codes: NDArray[Any]) -> Column:
    """Return an embedded column with the categories that enough rows have."""
    counts = np.bincount(codes.astype(np.intp), minlength=column.n_codes)[1:]
    is_frequent = counts >= RARE
    return _with_categories(column, is_frequent if is_frequent.any() else counts > 0)


def _with_categories(column: Column, is_kept: Sequence[np.bool_] | NDArray[np.bool_]) -> Column:
    pairs = zip(column.categories, is_kept, strict=True)
    return replace(column, unseen=tuple(category for category, kept in pairs if not kept))


def _with_median(column: Column, known: NDArray[Any]) -> Column:
    """Return a column with the median, and the levels, of the first input of known values."""
    if not len(known):
        return column
    if not column.categories or column.levels_are_given:
        return replace(column, fill=_median(column, known))
    levels, codes = np.unique(known.astype(np.intp), return_inverse=True)
    categories = tuple(column.categories[level] for level in levels)
    return replace(column, categories=categories, fill=float(np.median(codes)))


def _median(column: Column, inputs: NDArray[Any]) -> float:
    """Return the median of a number or date from the first input of known values."""
    median = float(np.median(inputs.astype(np.float64)))
    if column.kind != "date":
        return median
    seconds = seconds_of(median)
    return float(round(seconds) if column.has_time else round(seconds / DAY) * DAY)


def _places(table: Table) -> Iterator[tuple[Column, slice, int | None]]:
    """Iterate over the columns that networks see, their inputs, and the indicator among them."""
    for column, inputs in table.parts():
        if column.has_missing and not column.embedded:
            yield column, slice(inputs.start, inputs.stop - 1), inputs.stop - 1
        else:
            yield column, inputs, None


@dataclass(frozen=True, eq=False)
class FittedRows:
    """Rows that a table encoded, as the fitted one encodes them, once they are taken.

    It has the part of an array that preprocessing needs.
    """

    x: NDArray[Any]
    codes: tuple[tuple[int, NDArray[np.float64]], ...]
    """Of columns whose codes have changed: index of the input, and what each code becomes."""
    fills: tuple[tuple[slice, NDArray[np.float64], int | None, NDArray[np.bool_] | None], ...]
    """Of columns with a fill: inputs, their values where it is used, and where that is: index of
    the indicator, and other rows."""

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
        for index, codes in self.codes:
            every[:, index] = codes[every[:, index].astype(np.intp)]
        for inputs, values, indicator, unmarked in self.fills:
            if indicator is not None:
                every[every[:, indicator] == 1, inputs] = values
            if unmarked is not None:
                every[np.atleast_1d(unmarked[rows]), inputs] = values
        return part


def as_fitted(
    x: NDArray[Any], table: Table | None, fit: Table | None, gaps: Gaps | None = None
) -> NDArray[Any] | FittedRows:
    """Return rows that a table encoded as the fitted one encodes them.

    Args:
        x: (n, inputs).
        table: The columns before :func:`fitted`; None if the rows are no table.
        fit: The columns after it.
        gaps: Rows with a fill that no input marks.
    """
    if table is None or fit is None or table == fit:
        return x
    codes, fills = [], []
    for (before, inputs, indicator), after in zip(_places(table), fit.used, strict=True):
        if before == after:
            continue
        if (new_codes := _new_codes(before, after)) is not None:
            codes.append((inputs.start, new_codes))
        unmarked = (gaps or {}).get(before.name)
        if after.fill is not None and (indicator is not None or unmarked is not None):
            fills.append((inputs, after.encoded_fill, indicator, unmarked))
    return FittedRows(x, tuple(codes), tuple(fills)) if codes or fills else x


def _new_codes(before: Column, after: Column) -> NDArray[np.float64] | None:
    """Return what the first input becomes for each of its values; None where it is as before.

    Inputs of single categories are as before: one that no training row has is constant there, so
    that networks never see it.
    """
    if after.embedded and after.unseen:
        return np.array([0, *(0 if c is None else i for i, c in enumerate(after.known, 1))], float)
    if after.categories != before.categories:
        codes = {category: float(code) for code, category in enumerate(after.categories)}
        return np.array([codes.get(category, after.fill) for category in before.categories], float)
    return None
