"""Data frames and rows in memory as Arrow tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import pyarrow as pa

from optuna_dnc._errors import InputError, brief, listed
from optuna_dnc.data.frames import is_table


def _columns_of(rows: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the values of each column; None where a row has no value."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def table_of(values: Any, what: str) -> pa.Table | None:
    """Return a data frame, a mapping of columns, or a list of rows by name, as a table.

    Returns:
        None for anything else.
    """
    if is_table(values):
        return frame_table(values, what)
    is_rows = isinstance(values, list) and values and isinstance(values[0], Mapping)
    if not (is_rows or isinstance(values, Mapping)):
        return None
    try:
        columns = _columns_of(values) if is_rows else values
        made = pa.table(
            {str(name): pa.array(column, from_pandas=True) for name, column in columns.items()}
        )
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"{what} cannot be read as a table ({error}); give columns of equal length, each with "
            "values of one type."
        ) from None
    return frame_table(made, what)


def frame_table(frame: Any, name: str) -> pa.Table:
    """Return a data frame of pandas, Polars or another library, or an Arrow table, as a table.

    Raises:
        InputError: A column mixes types, or names are missing or there twice.
    """
    if not isinstance(frame, pa.Table):
        frame = _with_text_names(frame)
        try:
            frame = nw.maybe_reset_index(nw.from_native(frame)).to_arrow()
        except (pa.ArrowException, TypeError) as error:
            column = re.search(r"column (.+?) with type", str(error))
            where = f"column {column[1]!r}" if column else "a column"
            raise InputError(
                f"{name}: {where} holds values of several types ({brief(error)}); convert it to "
                "numbers or strings."
            ) from None
    return checked_table(frame, name)


def _with_text_names(frame: Any) -> Any:
    """Return a pandas frame with names that are strings; pandas also takes numbers."""
    names = list(getattr(frame, "columns", ()))
    if all(isinstance(name, str) for name in names) or not hasattr(frame, "set_axis"):
        return frame
    return frame.set_axis([str(name) for name in names], axis=1)


def checked_table(table: pa.Table, name: str) -> pa.Table:
    """Return the table, or raise if it has no rows or columns, or two columns with one name."""
    if table.num_rows == 0 or table.num_columns == 0:
        raise InputError(
            f"{name} has {table.num_rows} rows and {table.num_columns} columns; give a table with "
            "at least one of each."
        )
    twice = [repr(column) for column, n in Counter(table.column_names).items() if n > 1]
    if twice:
        raise InputError(f"{name} has the column {listed(twice)} more than once; rename one.")
    for column in table.column_names:
        if pa.types.is_nested(table.schema.field(column).type):
            raise InputError(
                f"{name}: column {column!r} holds lists or records "
                f"({table.schema.field(column).type}); drop it or give one column for each value."
            )
    return table
