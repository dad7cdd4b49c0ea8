"""The ramp distance and its kernel, for raw values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optuna_dnc._errors import InputError, shown

Array = NDArray[np.float64]


def ramp_distance(
    x1: ArrayLike,
    x2: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    omega: float = 3.0,
    root: float = 1.0,
) -> Array:
    """Return how different two values are: ``d = omega * (|x1-x2| / (upper-lower))**(1/root)``.

    The ramp kernel of Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section 3) rests on it.
    It is 0 for equal values and at most ``omega``, reached at opposite ends of the range: where
    values lie outside the range, a ratio above 1 counts as 1. (The original keeps ranges of
    channels that never widen, so that its distances exceed omega.) A range without width has
    distance 0. A root above 1 tells near values further apart.

    Args:
        x1, x2, lower, upper: float64 of any shapes that broadcast, in the unit of the parameter;
            logarithms for a parameter that is searched logarithmically.
        omega: Largest distance, above 0.
        root: Above 0.

    Returns:
        Distances, float64, of the broadcast shape; NaN where a value is NaN.
    """
    _check_positive("omega", omega, usual=3)
    _check_positive("root", root, usual=1)
    distance: Array = omega * _fractions(x1, x2, lower, upper) ** (1 / root)
    return distance


def ramp_kernel(
    x1: ArrayLike,
    x2: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    omega: float = 3.0,
    root: float = 1.0,
) -> Array:
    """Return how alike two values are: ``k = exp(-d**2 / 2)`` of :func:`ramp_distance`.

    Arguments and result as there; 1 for equal values, ``exp(-omega**2 / 2)`` at the ends.
    """
    _check_positive("omega", omega, usual=3)
    _check_positive("root", root, usual=1)
    # An array even of a single number, which can be overwritten; [()] takes that number out.
    fractions = np.array(_fractions(x1, x2, lower, upper))
    similarity: Array = kernel_of_fractions(fractions, omega, root)[()]
    return similarity


def kernel_of_fractions(fractions: Array, omega: float, root: float) -> Array:
    """Return the ramp kernel of ``|x1-x2| / (upper-lower)``; overwrites its argument.

    Overwriting matters: with thousands of trials a matrix takes hundreds of megabytes.

    Args:
        fractions: float64 of any shape, above 1 counts as 1.
        omega: Largest distance.
        root: Above 0.
    """
    np.minimum(fractions, 1.0, out=fractions)
    if root != 2:
        fractions **= 2 / root
    fractions *= -0.5 * omega**2
    return np.exp(fractions, out=fractions)


def _fractions(x1: ArrayLike, x2: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> Array:
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    width = high - low
    if not np.all(width >= 0):
        raise InputError(
            f"upper must be at least lower, got lower={shown(lower)} and upper={shown(upper)}; "
            "swap them."
        )
    gap = np.abs(np.asarray(x1, dtype=np.float64) - np.asarray(x2, dtype=np.float64))
    # A range without width: only NaN differs from 0.
    fractions = np.where(width > 0, gap, gap * 0.0) / np.where(width > 0, width, 1.0)
    return np.minimum(fractions, 1.0)


def _check_positive(name: str, value: float, *, usual: int) -> None:
    if not (np.isfinite(value) and value > 0):
        raise InputError(
            f"{name} must be a finite number above 0, got {shown(value)}; the usual is {usual}."
        )
