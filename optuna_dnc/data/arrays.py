"""Conversion of NumPy arrays, torch tensors, nested lists and data frames to NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data.frames import (
    column_names,
    column_order,
    floats_of,
    frame_array,
    in_64_bits,
    is_missing,
    is_number,
)


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Return `values` as a NumPy array of the same shape and dtype; tensors may be on any device.

    bfloat16, which NumPy lacks, becomes float32, and longdouble float64. `name` is the array's
    name in messages.
    """
    if isinstance(values, np.ma.MaskedArray) and np.any(values.mask):
        raise InputError(
            f"{name} contains {np.sum(values.mask)} masked values. Fill them or drop those rows."
        )
    if isinstance(values, torch.Tensor):
        if values.is_floating_point() and values.dtype not in (
            torch.float16,
            torch.float32,
            torch.float64,
        ):
            values = values.float()
        return np.asarray(values.numpy(force=True))
    try:
        return in_64_bits(np.asarray(values))
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            f"{name} cannot be read as one array ({brief(error)}); "
            "give rows of equal length, as a NumPy array, a CPU tensor or nested lists."
        ) from error


def as_samples(values: Any, name: str, columns: Sequence[str] | None = None) -> NDArray[Any]:
    """Return features as a NumPy array; data frames and Python numbers become floats.

    columns: names of the features, in the order in which a data frame's columns are returned.
    Columns of arrays are identified by position.

    Raises:
        InputError: A value is not a number, or a data frame has other columns, which are named.
    """
    given = column_names(values)
    if given is not None:
        order = None if columns is None else column_order(given, columns, name)
        array = frame_array(values, name)
        return array if order is None else array[:, order]
    array = as_array(values, name)
    if array.dtype.kind != "O" or array.ndim == 0:
        return array
    floats = floats_of(array)
    if floats is None:
        row, value = next(
            (index, value)
            for index, value in np.ndenumerate(array)
            if not is_number(type(value)) and not is_missing(type(value))
        )
        raise InputError(
            f"{name} holds Python objects that are not numbers, the first of type "
            f"{type(value).__name__} at {list(row)} (counted from 0); convert it to float32."
        )
    return floats


def as_labels(values: Any, name: str) -> NDArray[Any]:
    """Return labels or targets as a NumPy array that is never of dtype object.

    NumPy silently turns `[1, "a"]` into strings, so that predictions would come back as
    strings; lists and object arrays (pandas has them) are therefore checked value by value.
    """
    if isinstance(values, list | tuple):
        _check_one_type(values, name)
    labels = as_array(values, name)
    if labels.dtype.kind == "O":
        items = labels.tolist()
        items = items if isinstance(items, list) else [items]
        _check_one_type(items, name)
        labels = as_array(items, name)
    if labels.dtype.kind == "O":
        floats = floats_of(labels)  # of Decimal and the like
        labels = labels if floats is None else floats
    if labels.dtype.kind == "T":  # NumPy's variable-width strings
        labels = labels.astype(np.str_)
    return labels


def _check_one_type(items: Iterable[Any], name: str) -> None:
    items = list(items)
    gaps = [index for index, item in enumerate(items) if is_missing(type(item))]
    if 0 < len(gaps) < len(items):
        raise InputError(
            f"{name} has missing values: {len(gaps)} in all, the first in row {gaps[0]} (counted "
            "from 0); fill them in, or leave those samples out."
        )
    kinds = sorted({_kind(item) for item in items} - {"rows"})
    if len(kinds) > 1:
        raise InputError(
            f"{name} mixes {' and '.join(kinds)}; give labels of one type: integers, strings "
            "or booleans, or numbers for regression."
        )
    if kinds and kinds[0] not in ("booleans", "numbers", "strings"):
        raise InputError(
            f"{name} holds {kinds[0]}; allowed are integers, strings and booleans, or numbers "
            "for regression; convert it to a NumPy array of one of these."
        )


def _kind(item: Any) -> str:
    if isinstance(item, bool | np.bool_):
        return "booleans"
    if is_number(type(item)):
        return "numbers"
    if isinstance(item, str):
        return "strings"
    if isinstance(item, list | tuple | np.ndarray):
        return "rows"  # a nested list: np.asarray judges it
    return f"values of type {type(item).__name__}"
