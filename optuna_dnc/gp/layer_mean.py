"""Similarity of positions that may be inactive, and its mean over the layers of two networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.ramp_kernel import kernel_of_fractions

Array = NDArray[np.float64]


def activity(x1: Array, x2: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where both and where at least one of two columns is active, (n, m) bool each.

    Args:
        x1: (n,) float64 positions, NaN where inactive.
        x2: (m,) float64 positions, NaN where inactive.
    """
    active1, active2 = ~np.isnan(x1)[:, None], ~np.isnan(x2)[None, :]
    return active1 & active2, active1 | active2


def similarity(x1: Array, x2: Array, omega: float, root: float) -> Array:
    """Return the ramp kernel of positions, (n, m); distance omega where one is inactive.

    Where both are inactive the distance is 0. Arguments as for :func:`activity`; positions more
    than 1 apart count as 1 apart.
    """
    result = kernel_of_fractions(np.abs(x1[:, None] - x2[None, :]), omega, root)
    if np.isnan(x1).any() or np.isnan(x2).any():
        both, either = activity(x1, x2)
        result[~both] = np.exp(-0.5 * omega**2)
        result[~either] = 1.0
    return result


def layer_mean(layers: Sequence[tuple[Array, Array, float]], omega: float) -> Array:
    """Return the mean of :func:`similarity` over the layers of the longer network, (n, m).

    Two networks without layers are alike: 1.

    Args:
        layers: For each layer the positions (n,) and (m,), NaN where a network does not have it,
            and the root.
        omega: The distance of a layer that only one network has.
    """
    total: Array | float = 0.0
    count: NDArray[np.int64] | int = 0
    for x1, x2, root in layers:
        _, either = activity(x1, x2)
        total = total + np.where(either, similarity(x1, x2, omega, root), 0.0)
        count = count + either
    counts = np.asarray(count)
    return np.where(counts > 0, total / np.maximum(counts, 1), 1.0)
