"""Yeo-Johnson transform of losses to a scale that a Gaussian process models well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array

_POWERS = np.linspace(0.0, 1.0, 9)
_ENDS = (0.0, 0.5, 1.0)
_FARTHEST = 1e9
"""In widths above the median; losses beyond are clipped there."""
_TAIL = 1e3
"""In widths below the median; losses beyond are compressed logarithmically."""


@dataclass(frozen=True)
class OutputTransform:
    """A Yeo-Johnson power transform of losses, standardized to mean 0 and standard deviation 1.

    The power (Yeo and Johnson 2000) is applied to ``(loss - median) / interquartile range``. It
    is the one of nine in [0, 1], from a logarithm to no change, of largest normal likelihood. A
    power below 0 would press all bad losses together: once a search has settled in one branch of
    a conditional space, no other branch could look promising (measured: five times the regret
    after 60 trials).
    """

    middle: float
    """A quarter of the median: sums and differences of quarters never overflow."""
    width: float
    """A quarter of the interquartile range; 0 where all losses are equal: they become 0."""
    power: float = 1.0
    mean: float = 0.0
    sd: float = 1.0

    @staticmethod
    def fit(losses: Array) -> OutputTransform:
        """Return the transform of largest likelihood for losses, (n,) float64, finite."""
        quarters = losses / 4
        low, middle, high = np.quantile(quarters, [0.25, 0.5, 0.75])
        largest = float(np.max(np.abs(quarters))) or 1.0  # squares may be infinite
        width = float(high - low) or largest * float(np.std(quarters / largest))
        center = OutputTransform(float(middle), width)
        if not width > 0:
            return OutputTransform(center.middle, 0.0)
        steps = center._centered(losses)
        powered = _powers(steps, _POWERS)
        means, spreads = powered.mean(axis=1), powered.std(axis=1)
        jacobian = (_POWERS - 1.0) * np.sum(np.sign(steps) * np.log1p(np.abs(steps)))
        with np.errstate(divide="ignore"):
            likelihood = jacobian - len(losses) * np.log(spreads)
        best = int(np.argmax(np.where(spreads > 0, likelihood, -np.inf)))
        return OutputTransform(
            center.middle, width, float(_POWERS[best]), float(means[best]), float(spreads[best])
        )

    def apply(self, losses: Array) -> Array:
        """Return the transformed losses, (n,) float64; the transform is monotone."""
        if self.width == 0:
            return np.zeros_like(losses)
        return (_power(self._centered(losses), self.power) - self.mean) / self.sd

    def undo(self, transformed: Array) -> Array:
        """Return the losses for transformed losses, (n,) float64: the inverse."""
        steps = _undo_power(self.mean + self.sd * transformed, self.power)
        with np.errstate(over="ignore"):
            return 4 * (self.middle + self.width * _undo_tail(steps))

    def _centered(self, losses: Array) -> Array:
        with np.errstate(over="ignore"):
            steps = np.nan_to_num((losses / 4 - self.middle) / self.width)
        return np.minimum(_tail(steps), _FARTHEST)


def _tail(steps: Array) -> Array:
    """Return steps with those below ``-_TAIL`` on a logarithmic scale; monotone."""
    far = np.maximum(-steps, _TAIL)
    return np.where(steps < -_TAIL, -_TAIL * (1.0 + np.log(far / _TAIL)), steps)


def _undo_tail(steps: Array) -> Array:
    far = np.maximum(-steps, _TAIL)
    return np.where(steps < -_TAIL, -_TAIL * np.exp(far / _TAIL - 1.0), steps)


def _power(steps: Array, power: float) -> Array:
    powered: Array = _powers(steps, np.array([power]))[0]
    return powered


def _powers(steps: Array, powers: Array) -> Array:
    """Return Yeo-Johnson powers of values, (powers, n) float64, for powers in [0, 1].

    Not ``scipy.stats.yeojohnson``: it has no inverse, and importing scipy.stats would take longer
    than all proposals of a short study.
    """
    sizes, column = np.log1p(np.abs(steps)), powers[:, None]
    other = 2.0 - column
    up = np.expm1(column * sizes) / np.where(column == 0, 1.0, column)
    up = np.where(column == 0, sizes, up)
    return np.where(steps >= 0, up, -np.expm1(other * sizes) / other)


def _undo_power(powered: Array, power: float) -> Array:
    size, other = np.abs(powered), 2.0 - power
    up = np.log1p(power * size) / power if power else size
    down = np.log1p(other * size) / other
    return np.sign(powered) * np.expm1(np.where(powered >= 0, up, down))


def finite(values: Array) -> Array:
    """Return values with infinite ones moved beyond all others, (n,) float64.

    A log10 loss of -inf is the best possible, and must not break the fit. It counts as better
    than the best finite value by as much as that is better than the median; likewise infinity. 0
    where none is finite.
    """
    is_finite = np.isfinite(values)
    if is_finite.all():
        return values.copy()
    known = values[is_finite]
    if not known.size:
        return np.sign(values)
    low, middle, high = (float(np.quantile(known, share, method="nearest")) for share in _ENDS)
    with np.errstate(over="ignore"):
        below, above = np.nan_to_num([middle - low, high - middle])
        width = np.nan_to_num(high - low) or 1.0
        ends = np.nan_to_num([low - (below or width), high + (above or width)])
    moved: Array = np.clip(values, *ends)
    return moved
