"""Bring losses to a scale on which a Gaussian process models them well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_POWERS = np.linspace(-3.0, 1.0, 17)


def normalise(losses: Array) -> Array:
    """Return losses of mean 0 and standard deviation 1, heavy upper tails compressed, (n,).

    A Yeo-Johnson power (Yeo and Johnson 2000) of the losses over their interquartile range,
    counted from the median. The power is the one at most 1 of largest normal likelihood, so
    that the order stays and only bad losses are brought nearer. All 0 where all are equal.

    Args:
        losses: (n,) float64, finite.
    """
    low, middle, high = np.quantile(losses, [0.25, 0.5, 0.75])
    width = (high - low) or float(np.std(losses))
    if not width > 0:
        return np.zeros_like(losses)
    centred = np.clip((losses - middle) / width, -1e100, 1e100)
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
    down = -np.expm1(other * np.minimum(sizes, 700.0 / other)) / other
    return np.where(above, up, down)
