"""Checks of features before they reach torch: dtype, shape and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.axis_order import check_axis_order, variable
from optuna_dnc.data.chunks import row_chunks

MOST_FEATURE = np.finfo(np.float32).max
"""Networks take float32. A NumPy scalar, so that float16 is compared as float32."""

MOST_TARGET = np.float64(1e300)
"""Targets are standardized in float64, and a million of these have a finite sum."""

_SHAPES = "(N, features) or (N, channels, height, width)"


def check_numeric(array: NDArray[Any], name: str) -> None:
    """Raise unless the dtype is one of booleans, integers or floats."""
    if not isinstance(array, np.ndarray):
        raise InputError(
            f"{name} is a {type(array).__name__}; give a NumPy array, or let load_dataset convert."
        )
    held = {"c": "complex numbers", "U": "strings", "S": "bytes", "O": "Python objects"}
    if array.dtype.kind not in "biuf":
        what = held.get(array.dtype.kind, "values")
        raise InputError(
            f"{name} holds {what} (dtype {array.dtype}); it must hold numbers, "
            "convert it to float32 or uint8."
        )


def check_sample_shape(x: NDArray[Any], name: str) -> None:
    """Raise unless `x` is (N, features) or (N, channels, height, width) and not empty."""
    shape = x.shape
    if x.size == 0:
        raise InputError(f"{name} is empty: its shape is {shape}; give at least one sample.")
    if x.ndim == 1:
        raise InputError(
            f"{name} has one dimension, shape {shape}; expected is {_SHAPES}, "
            f"for a single feature give {variable(name)}[:, None]."
        )
    if x.ndim == 3:
        raise InputError(
            f"{name} has shape {shape}, images without channels; expected is {_SHAPES}, "
            f"add a channel axis with {variable(name)}[:, None]."
        )
    if x.ndim not in (2, 4):
        raise InputError(f"{name} has shape {shape}; expected is {_SHAPES}, reshape it.")
    if x.ndim == 4:
        check_axis_order(shape, name)


def check_finite(
    array: NDArray[Any],
    name: str,
    *,
    most: np.floating[Any] = MOST_FEATURE,
    columns: Sequence[str] | None = None,
) -> None:
    """Raise on NaN, infinity and absolute values above `most`, naming the first one's position.

    columns: names of the columns, for the message.
    """
    if array.dtype.kind != "f":
        return
    n_bad, first = 0, None
    for place, part in row_chunks(array):
        good = np.abs(part) <= most  # False for NaN
        if good.all():
            continue
        n_bad += int(good.size - np.count_nonzero(good))
        if first is None:
            at = np.argwhere(~good)[0]
            first = (place.start + int(at[0]), *map(int, at[1:]))
    if first is None:
        return
    value = float(array[first])
    row, rest = first[0], first[1:]
    where = f"row {row}"
    if len(rest) == 1:
        where += f", column {rest[0]}" + (f" ({columns[rest[0]]!r})" if columns else "")
    elif rest:
        where += ", (channel, height, width) = " + str(rest)
    beyond = "float32" if most == MOST_FEATURE else f"{most:g}"
    held = f"values beyond {beyond}" if np.isfinite(value) else "values that are NaN or infinite"
    raise InputError(
        f"{name} holds {held}: {n_bad} in all, the first ({value:g}) in {where} "
        "(counted from 0); remove or replace them."
    )
