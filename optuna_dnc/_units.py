"""Units in which squares of very small and very large values neither vanish nor overflow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def common_unit(*values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a unit for each column of some arrays, in which the largest value is below 2.

    It is a power of two, so that values are exact in it, and it is 1 for columns of zeros.

    Args:
        *values: ``(n, columns)`` each, or ``(n,)``, which has one unit.
    """
    largest = np.max([np.abs(array).max(axis=0, initial=0.0) for array in values], axis=0)
    exponent = np.frexp(largest)[1] - 1
    return np.where(largest > 0, np.ldexp(1.0, exponent), 1.0)
