"""Data frames and rows in memory as Arrow tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from optuna_dnc._errors import InputError
from optuna_dnc.data.frames import check_names, is_table


def _columns_of(rows: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the values of each column; None where a row has no value."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def table_of(values: Any, what: str) -> pa.Table | None:
    """Return a data frame, a mapping of columns, or one row or a list of rows by name, as a table.

    Returns:
        None for anything else.
    """
    if is_table(values):
        return frame_table(values, what)
    if isinstance(values, Mapping) and values and not any(map(np.ndim, values.values())):
        values = [values]
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
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    if not isinstance(frame, pa.Table):
        frame = _as_arrow_takes_it(_with_text_names(frame))
        check_names(list(getattr(frame, "columns", ())), name)
        try:
            native = nw.from_native(frame)
            if isinstance(native, nw.LazyFrame):
                raise InputError(
                    f"{name} is a {type(frame).__name__}, whose rows are not computed yet; call "
                    "its method collect() or the like, and give the result."
                )
            frame = nw.maybe_reset_index(native).to_arrow()
        except (pa.ArrowException, TypeError) as error:
            column = re.search(r"column (.+?) with type", str(error))
            where = f"column {column[1]!r}" if column else "a column"
            reason = str(error.args[0])
            held = "of several types" if "tried to convert" in reason else "that are not supported"
            raise InputError(
                f"{name}: {where} holds values {held} ({reason:.80}); convert it to numbers or "
                "strings, or drop it."
            ) from None
    return checked_table(frame, name)


def _with_text_names(frame: Any) -> Any:
    """Return a pandas frame with names that are strings; pandas also takes numbers."""
    names = list(getattr(frame, "columns", ()))
    if all(isinstance(name, str) for name in names) or not hasattr(frame, "set_axis"):
        return frame
    return frame.set_axis([str(name) for name in names], axis=1)


def _as_arrow_takes_it(frame: Any) -> Any:
    """Return a pandas frame with sparse columns dense, and intervals as categories of text."""
    if not hasattr(frame, "iloc"):
        return frame
    changed = {}
    for name in frame.columns[~frame.columns.duplicated()]:
        dtype = frame.dtypes[name]
        categories: Any = getattr(dtype, "categories", None)
        if hasattr(dtype, "subtype") and hasattr(dtype, "fill_value"):
            changed[name] = frame[name].astype(dtype.subtype)
        elif str(getattr(categories, "dtype", "")).startswith("interval"):
            changed[name] = frame[name].cat.rename_categories(categories.astype(str))
    return frame.assign(**changed) if changed else frame


def checked_table(table: pa.Table, name: str) -> pa.Table:
    """Return the table, or raise if it has no rows or columns, or two columns with one name."""
    if table.num_rows == 0 or table.num_columns == 0:
        raise InputError(
            f"{name} has {table.num_rows} rows and {table.num_columns} columns; give a table with "
            "at least one of each."
        )
    check_names(table.column_names, name)
    return table
