"""Arrays of Python numbers, as pandas and databases return them."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    Missing values become NaN and numbers beyond float64 infinity. A string is no number, also
    where it looks like one.
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
