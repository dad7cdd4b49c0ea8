"""Data frames and Python numbers as arrays, with columns matched by name.

Frames are recognized by their attributes, so that neither pandas nor Polars is imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed


def column_names(values: Any) -> tuple[str, ...] | None:
    """Return the names of a data frame's columns, in their order; None for anything else."""
    is_frame = hasattr(values, "columns") and hasattr(values, "dtypes")
    return tuple(map(str, values.columns)) if is_frame else None


def is_table(values: Any) -> bool:
    """Return whether the values are a data frame or an Arrow table."""
    return column_names(values) is not None or is_arrow_table(values)


def is_arrow_table(values: Any) -> bool:
    """Return whether this is a pyarrow.Table."""
    return hasattr(values, "column_names") and hasattr(values, "schema")


def is_mixed_frame(values: Any) -> bool:
    """Return whether samples are a table to encode, and not a frame of numbers alone.

    Frames of numbers and booleans without missing values are arrays with names.
    """
    return is_table(values) and (is_arrow_table(values) or not _holds_numbers_only(values))


def check_names(columns: Sequence[str], name: str) -> None:
    """Raise if two columns have one name."""
    twice = [repr(column) for column, n in Counter(columns).items() if n > 1]
    if twice:
        raise InputError(f"{name} has the column {listed(twice)} more than once; rename one.")


def frame_array(frame: Any, name: str) -> NDArray[Any]:
    """Return a data frame as one array (n, columns).

    Frames of NumPy numbers become what NumPy makes of them. With booleans, nullable columns or
    objects that are numbers beside them, all become floats, and missing values NaN.

    Raises:
        InputError: A column holds no numbers; it is named.
    """
    kinds = {d.kind if isinstance(d, np.dtype) else "O" for d in frame.dtypes}
    if kinds <= set("iuf") or kinds == {"b"}:
        array = np.asarray(frame)
        if array.dtype.kind in "biuf":
            return in_64_bits(array)
    dtypes = check_numeric_columns(frame, name)
    array = np.empty((len(frame), len(dtypes)), np.result_type(np.float32, *dtypes))
    for index, column in enumerate(_columns(frame)):
        array[:, index] = _numbers(column)
    return array


def _holds_numbers_only(frame: Any) -> bool:
    """Return whether all columns hold numbers or booleans, and no value is missing."""
    for column in _columns(frame):
        numbers = _numbers(column)
        if numbers is None or (numbers.dtype.kind == "f" and np.isnan(numbers).any()):
            return False
    return True


def check_numeric_columns(frame: Any, name: str) -> list[np.dtype[Any]]:
    """Return the dtypes that the columns have as arrays.

    Raises:
        InputError: A column holds no numbers; all such are named.
    """
    dtypes, others = [], []
    for label, column in zip(frame.columns, _columns(frame), strict=True):
        numbers = _numbers(column)
        if numbers is None:
            others.append(f"{str(label)!r} ({column.dtype})")
        else:
            dtypes.append(numbers.dtype)
    if others:
        raise InputError(
            f"{name} has columns that hold no numbers: {listed(others)}; encode categories, such "
            "as with pandas.get_dummies, and convert or drop the others."
        )
    return dtypes


def column_order(
    given: Sequence[str], trained: Sequence[str], name: str
) -> NDArray[np.intp] | None:
    """Return the positions of the trained columns among those given; None if they are the same.

    Raises:
        InputError: A column is missing, unknown or there twice; it is named.
    """
    if tuple(given) == tuple(trained):
        return None
    position = {column: index for index, column in enumerate(given)}
    missing = [repr(column) for column in trained if column not in position]
    unknown = [repr(column) for column in given if column not in set(trained)]
    faults = []
    if missing:
        faults.append(f"lacks {counted_columns(missing)}")
    if unknown:
        faults.append(f"has {counted_columns(unknown)} unknown in training")
    if not faults:
        twice = [repr(c) for names in (given, trained) for c, n in Counter(names).items() if n > 1]
        faults = [f"has {counted_columns(twice)} more than once"] if twice else []
    if faults:
        raise InputError(
            f"{name} {' and '.join(faults)}; give the columns of the training data, or an array "
            "with the features in that order."
        )
    return np.array([position[column] for column in trained], dtype=np.intp)


def counted_columns(names: list[str]) -> str:
    """Return ``the column 'a'``, or ``the columns 'a', 'b'``."""
    return f"the column{'s' if len(names) > 1 else ''} {listed(names)}"


def _columns(frame: Any) -> Iterator[Any]:
    """Iterate over the columns; in pandas by position, because names may be there twice."""
    if hasattr(frame, "iloc"):
        return (frame.iloc[:, index] for index in range(len(frame.columns)))
    return (frame[label] for label in frame.columns)


def _numbers(column: Any) -> NDArray[Any] | None:
    """Return a column as an array of numbers or booleans; None if it holds anything else."""
    dtype = column.dtype
    if hasattr(dtype, "categories"):  # numbers that stand for categories are in no order
        return None
    if isinstance(dtype, np.dtype) or not hasattr(dtype, "kind"):  # Polars' dtypes have none
        array = np.asarray(column)
    elif dtype.kind in "biuf":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        array = np.asarray(column, dtype=object)
    if array.dtype.kind == "O":
        return floats_of(array)
    return in_64_bits(array) if array.dtype.kind in "biuf" else None


_MISSING = ("NoneType", "NAType")
"""Names of the types that stand for a missing value: of None, and of pandas.NA."""


def is_number(kind: type) -> bool:
    """Return whether values of this type are numbers or booleans, which floats can hold."""
    return issubclass(kind, Real | Decimal | np.bool_)


def is_missing(kind: type) -> bool:
    """Return whether this is the type of None or of pandas.NA."""
    return kind.__name__ in _MISSING


def floats_of(objects: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """Convert an array of Python numbers to float64; None if one is something else.

    Missing values become NaN, and numbers beyond float64 infinity. Strings are not numbers, even
    if they look like one.
    """
    kinds = {type(value) for value in objects.flat}
    if not all(is_number(kind) or is_missing(kind) for kind in kinds):
        return None
    return np.fromiter(map(_float, objects.flat), np.float64, objects.size).reshape(objects.shape)


def in_64_bits(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of floats of more than 64 bits as float64, and others as they are.

    Neither torch nor Arrow nor JSON knows ``longdouble``.
    """
    is_longer = array.dtype.kind == "f" and array.dtype.itemsize > 8
    return array.astype(np.float64) if is_longer else array


def _float(value: Any) -> float:
    if is_missing(type(value)):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except ValueError:  # a signaling NaN of Decimal
        return np.nan
