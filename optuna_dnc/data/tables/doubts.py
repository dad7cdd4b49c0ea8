"""Warnings of doubtful values: codes for missing values, and several spellings of a category."""

from __future__ import annotations

import warnings

import pyarrow as pa
import pyarrow.compute as pc

from optuna_dnc._errors import listed, shown
from optuna_dnc._markdown import counted
from optuna_dnc.data.label_checks import one_word
from optuna_dnc.data.tables.column import Column

_CODES = frozenset(sign * (10**n - 1) for n in range(2, 7) for sign in (1, -1))
"""Numbers that often stand for missing values: 99, -99, 999, ..."""

_FEWEST = 3
"""Rows in which a code, and distinct other numbers of which a range, are sought."""

_MOST_SPELLINGS = 1000
"""Categories up to which spellings are compared."""


class Doubts:
    """Collects columns with doubtful values, to warn of them once."""

    def __init__(self) -> None:
        self._codes: list[str] = []
        self._spellings: list[str] = []

    def look_at(self, column: Column, values: pa.ChunkedArray) -> None:
        """Note what is doubtful about the plain training values of a column."""
        if column.kind == "numeric" and column.number_format is None:
            found = code_of_missing(values)
            if found is not None:
                code, n_rows = found
                self._codes.append(f"{column.name!r} ({code:g} in {counted(n_rows, 'row')})")
        elif column.is_used and (spellings := one_word(column.categories[:_MOST_SPELLINGS])):
            self._spellings.append(f"{column.name!r} ({', '.join(map(shown, spellings))})")

    def warn(self) -> None:
        """Warn of the columns that were noted, if any."""
        if self._codes:
            warnings.warn(
                f"a number far from all others may stand for a missing value in "
                f"{listed(self._codes)}; if it does, leave these cells empty.",
                stacklevel=3,
            )
        if self._spellings:
            warnings.warn(
                f"categories differ only in their case in {listed(self._spellings)}; if they "
                "mean the same, write them alike.",
                stacklevel=3,
            )


def code_of_missing(values: pa.ChunkedArray) -> tuple[float, int] | None:
    """Return a number that may stand for missing values, and in how many rows; None without one.

    It consists of nines, such as -999, several rows have it, and it is further from all other
    numbers than these are from each other.

    Args:
        values: Plain numbers, or strings.
    """
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return None
    low, high = (limit.as_py() for limit in pc.min_max(values).values())
    for code in (low, high):
        if code not in _CODES:
            continue
        is_code = pc.equal(values, pa.scalar(code, values.type))
        others = values.filter(pc.invert(is_code))
        n_rows = int(pc.sum(is_code).as_py())
        if n_rows < _FEWEST or pc.count_distinct(others).as_py() < _FEWEST:
            continue
        least, most = (float(limit.as_py()) for limit in pc.min_max(others).values())
        if min(abs(code - least), abs(code - most)) > most - least:
            return float(code), n_rows
    return None
