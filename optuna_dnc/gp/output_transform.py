"""Bring losses to a scale on which a Gaussian process models them well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FARTHEST = 1e9
"""In widths from the median; what lies beyond counts as that far."""
_POWERS = np.linspace(0.0, 1.0, 9)


def normalise(losses: Array) -> Array:
    """Return losses of mean 0 and standard deviation 1, heavy upper tails compressed, (n,).

    A Yeo-Johnson power (Yeo and Johnson 2000) of the losses over their interquartile range,
    counted from the median. The power is the one in [0, 1] of largest normal likelihood: from a
    logarithm to no change. Below 0 it would press all bad losses together, and once a search
    has settled in one branch of a conditional space no other could look promising any more
    (measured: five times the regret after 60 trials). All 0 where all are equal.

    Args:
        losses: (n,) float64, finite.
    """
    largest = float(np.max(np.abs(losses)))
    if largest == 0:
        return np.zeros_like(losses)
    shares = losses / largest  # squares of losses may be infinite
    low, middle, high = np.quantile(shares, [0.25, 0.5, 0.75])
    width = (high - low) or float(np.std(shares))
    if not width > 0:
        return np.zeros_like(losses)
    with np.errstate(over="ignore"):
        centred = np.clip((shares - middle) / width, -_FARTHEST, _FARTHEST)
    sizes = np.log1p(np.abs(centred))
    powered = np.stack([_power(sizes, centred >= 0, power) for power in _POWERS])
    spreads = powered.std(axis=1)
    jacobian = (_POWERS - 1.0) * np.sum(np.where(centred >= 0, sizes, -sizes))
    with np.errstate(divide="ignore"):
        likelihood = jacobian - len(losses) * np.log(spreads)
    best = powered[int(np.argmax(np.where(spreads > 0, likelihood, -np.inf)))]
    result: Array = (best - best.mean()) / best.std()
    return result


def _power(sizes: Array, above: NDArray[np.bool_], power: float) -> Array:
    """Yeo-Johnson of values whose ``log(1 + |value|)`` is ``sizes``."""
    up = np.expm1(power * sizes) / power if power else sizes
    other = 2.0 - power
    down = -np.expm1(other * sizes) / other
    return np.where(above, up, down)
