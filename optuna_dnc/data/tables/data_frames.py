"""Data frames and rows in memory as Arrow tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.frames import check_names, floats_of, is_table

_REFUSED = (pa.ArrowException, TypeError, OverflowError)
"""What Arrow raises on values that it does not know: fractions, integers of more than 64 bits,
decimals or booleans beside other numbers."""


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
        made = pa.table({str(name): _arrow_array(column) for name, column in columns.items()})
    except (*_REFUSED, ValueError) as error:
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
            frame = _arrow_table(frame, name)
        except _REFUSED as error:
            refused = _refused_objects(frame)
            floats = {column: found for column, found in refused.items() if found is not None}
            if not floats:
                raise _unreadable(error, name, list(refused)) from None
            return frame_table(frame.assign(**floats), name)
    return checked_table(frame, name)


def _arrow_table(frame: Any, name: str) -> pa.Table:
    native = nw.from_native(frame)
    if isinstance(native, nw.LazyFrame):
        raise InputError(
            f"{name} is a {type(frame).__name__}, whose rows are not computed yet; call its "
            "method collect() or the like, and give the result."
        )
    return nw.maybe_reset_index(native).to_arrow()


def _unreadable(error: Exception, name: str, columns: Sequence[str]) -> InputError:
    found = re.search(r"column (.+?) with type", str(error))
    column = found[1] if found else next(iter(columns), None)
    reason = str(error.args[0])
    held = "of several types" if "tried to convert" in reason else "that are not supported"
    return InputError(
        f"{name}: {f'column {column!r}' if column else 'a column'} holds values {held} "
        f"({reason:.80}); convert it to numbers or strings, or drop it."
    )


def _refused_objects(frame: Any) -> dict[str, NDArray[np.float64] | None]:
    """Return the object columns of a pandas frame that Arrow refuses: as floats, or None."""
    if not hasattr(frame, "iloc"):
        return {}
    objects = [str(name) for name in frame.columns[frame.dtypes == np.dtype(object)]]
    refused = [name for name in objects if _is_refused(frame[name])]
    return {name: floats_of(frame[name].to_numpy()) for name in refused}


def _is_refused(values: Any) -> bool:
    try:
        pa.array(values, from_pandas=True)
    except _REFUSED:
        return True
    return False


def _arrow_array(values: Any) -> pa.Array:
    """Return a column of values, as floats if they are numbers that Arrow does not know."""
    try:
        return pa.array(values, from_pandas=True)
    except _REFUSED:
        floats = floats_of(np.asarray(values, dtype=object))
        if floats is None:
            raise
        return pa.array(floats, from_pandas=True)


def _with_text_names(frame: Any) -> Any:
    """Return a pandas frame with names that are strings; pandas also takes numbers."""
    names = list(getattr(frame, "columns", ()))
    if all(isinstance(name, str) for name in names) or not hasattr(frame, "set_axis"):
        return frame
    return frame.set_axis([str(name) for name in names], axis=1)


def _as_arrow_takes_it(frame: Any) -> Any:
    """Return a pandas frame with sparse columns dense, and intervals as categories of text.

    Floats of more than 64 bits become those of 64, and periods their first points in time.
    """
    if not hasattr(frame, "iloc"):
        return frame
    changed = {}
    for name in frame.columns[~frame.columns.duplicated()]:
        dtype = frame.dtypes[name]
        categories: Any = getattr(dtype, "categories", None)
        if hasattr(dtype, "subtype") and hasattr(dtype, "fill_value"):
            changed[name] = frame[name].astype(dtype.subtype)
        elif str(dtype).startswith("period["):
            changed[name] = frame[name].dt.to_timestamp()
        elif isinstance(dtype, np.dtype) and dtype == np.longdouble:
            changed[name] = frame[name].astype(np.float64)
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
