"""Ramp distance and ramp kernel: of raw values, of positions, and averaged over layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError, shown


def ramp_distance(
    x1: ArrayLike,
    x2: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    omega: float = 3.0,
    root: float = 1.0,
) -> Array:
    """Return the ramp distance ``d = omega * (|x1-x2| / (upper-lower))**(1/root)``.

    The distance of the ramp kernel of Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section
    3): 0 for equal values, ``omega`` between the ends of the range. Where values lie outside the
    range, a ratio above 1 counts as 1. (The original keeps ranges of channels that never widen,
    so that its distances exceed omega.) In a range without width all distances are 0. A root
    above 1 separates near values more.

    Args:
        x1: float64 of any shape that broadcasts with the others, in the unit of the parameter;
            logarithms for a parameter that is searched logarithmically.
        x2: Likewise.
        lower: Lowest value of the range.
        upper: Highest value of the range.
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
    """Return the ramp kernel ``k = exp(-d**2 / 2)`` of :func:`ramp_distance`.

    Arguments and result as there; 1 for equal values, ``exp(-omega**2 / 2)`` between the ends.
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


def of_distinct(kernel: Callable[[Array, Array], Array], x1: Array, x2: Array) -> Array:
    """Return a kernel of two columns, (n, m) float64, computed once for equal values.

    Widths and channels are whole numbers: hundreds of configurations share a few dozen of them.

    Args:
        kernel: The kernel: (k,) and (l,) to (k, l).
        x1: (n,) float64, may be NaN.
        x2: (m,) float64, may be NaN.
    """
    distinct1, index1 = np.unique(x1, return_inverse=True)
    distinct2, index2 = np.unique(x2, return_inverse=True)
    if 2 * len(distinct1) * len(distinct2) > len(x1) * len(x2):
        return kernel(x1, x2)
    repeated: Array = kernel(distinct1, distinct2)[index1].take(index2, axis=1)
    return repeated


def similarity(x1: Array, x2: Array, root: float, omega: float, *, neither: float = 1.0) -> Array:
    """Return the ramp kernel of positions that may be inactive, (n, m) float64.

    The distance is omega where one of the two is inactive. Positions more than 1 apart count as 1
    apart.

    Args:
        x1: (n,) float64 positions, NaN where inactive.
        x2: (m,) float64 positions, NaN where inactive.
        root: Above 0.
        omega: Largest distance.
        neither: The similarity where both are inactive.
    """

    def kernel(p1: Array, p2: Array) -> Array:
        result = kernel_of_fractions(np.abs(p1[:, None] - p2[None, :]), omega, root)
        missing1, missing2 = np.isnan(p1), np.isnan(p2)
        result[missing1] = result[:, missing2] = np.exp(-0.5 * omega**2)
        result[np.ix_(missing1, missing2)] = neither
        return result

    return of_distinct(kernel, x1, x2)


def layer_mean(layers: Sequence[tuple[Array, Array, float]], omega: float) -> Array:
    """Return the mean of :func:`similarity` over the layers of the longer network, (n, m) float64.

    Two networks without layers have similarity 1.

    Args:
        layers: For each layer the positions (n,) and (m,), NaN where a network lacks the layer,
            and the root. Without any layer the result is (1, 1).
        omega: The distance of a layer that only one network has.
    """
    if not layers:
        return np.ones((1, 1))
    total, *others = (similarity(*layer, omega, neither=0.0) for layer in layers)
    for other in others:
        total += other
    has1, has2 = (~np.isnan(np.column_stack([layer[i] for layer in layers])) for i in (0, 1))
    n1, n2 = has1.sum(axis=1), has2.sum(axis=1)
    # The layers that either has are n1 + n2 less those that both have: one product of matrices.
    left = np.column_stack([-1.0 * has1, n1, np.ones(len(has1))])
    either = left @ np.column_stack([has2, np.ones(len(has2)), n2]).T
    total /= np.maximum(either, 1.0, out=either)
    total[np.ix_(n1 == 0, n2 == 0)] = 1.0
    return total


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
