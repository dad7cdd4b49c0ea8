"""Detection of values that differ only by rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDINGS = 16
"""Units in the last place by which equal values may differ after a few operations: 0.1 * 3 is one
off 0.3, and a hundred times 0.1 added up is eleven off 10."""


def within_rounding(
    low: ArrayLike, high: ArrayLike, dtype: np.dtype[Any] | type[np.generic]
) -> NDArray[np.bool_]:
    """Return whether values of this type from `low` to `high` are equal but for rounding.

    Integers are rounded once, to float64. Floats may be the results of several operations, but
    whole numbers that their type holds exactly have not been rounded: years stay apart in float16.
    """
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        width = high - low
    largest = np.maximum(np.abs(low), np.abs(high))
    relative = np.full_like(largest, np.finfo(np.float64).eps)
    if np.dtype(dtype).kind == "f":
        about = np.finfo(np.dtype(dtype))
        is_exact = (
            (low == np.rint(low)) & (high == np.rint(high)) & (largest <= 2.0 ** (about.nmant + 1))
        )
        relative[~is_exact] = _ROUNDINGS * float(about.eps)
    return np.asarray(np.isfinite(width) & (width <= relative * largest))
