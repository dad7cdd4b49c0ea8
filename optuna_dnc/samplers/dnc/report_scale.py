"""Conversion of intermediate reports to the scale of final values.

A trial may report another quantity than it returns: ``100 * accuracy`` and ``accuracy``, a summed
and a mean loss, an accuracy and an error. A stopped trial has reports only, so they are converted
to the scale of final values before the two are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from optuna.trial import TrialState

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.budgets import Observations

Scale = Callable[[Array], Array]

_POWERS = (-1.0, 0.0, 0.5, 2.0)
"""0 is the logarithm."""
_MOST_PAIRS = 60
_ENOUGH = 5
_ONE_DIVERGED_IN = 20


@np.errstate(all="ignore")  # values outside a scale's domain become NaN or infinite
def on_the_scale_of_values(
    observed: Sequence[Observations], ended: Sequence[Observations]
) -> list[Observations]:
    """Return trials with their reports on the scale of final values.

    Args:
        observed: Trials whose reports are converted.
        ended: Trials from whose COMPLETE ones the scale is learned.
    """
    both = [
        (next(reversed(o.reports.values())), o.trial.value)
        for o in ended
        if o.reports and o.trial.state == TrialState.COMPLETE
    ]
    pairs = np.array(both, dtype=np.float64).reshape(-1, 2)
    every = np.array([report for o in observed for report in o.reports.values()], dtype=np.float64)
    scale = learn_scale(pairs[:, 0], pairs[:, 1], every)
    if scale is None:
        return list(observed)
    return [
        replace(o, reports=dict(zip(o.reports, _scaled(scale, o.reports), strict=True)))
        for o in observed
    ]


def _scaled(scale: Scale, reports: dict[int, float]) -> list[float]:
    scaled: list[float] = scale(np.array([*reports.values()])).tolist()
    return scaled


@np.errstate(all="ignore")
def learn_scale(reports: Array, values: Array, every: Array) -> Scale | None:
    """Learn the function from reports to final values; None if they have the same unit.

    Tries in turn ``v = r + a``, ``v = a + b r``, a line with a power or the logarithm of reports
    or values, and isotonic regression. Each must halve the error of the one before: with few or
    noisy trials, simple functions extrapolate best.

    Args:
        reports: (n,) float64 last reports of COMPLETE trials.
        values: (n,) float64 final values of these trials.
        every: (m,) float64 all reports that are to be converted.
    """
    known = np.isfinite(reports) & np.isfinite(values)
    reports, values = reports[known], values[known]
    few = np.linspace(0, len(reports) - 1, min(len(reports), _MOST_PAIRS)).astype(np.intp)
    reports, values = reports[few], values[few]
    if len(np.unique(reports)) < 2:
        return None
    # A few pairs prove little, however well a function fits them: errors below count as equal.
    least = _error(values - np.median(values)) / (2 * len(values) ** 2)
    error = _error(values - reports - np.median(values - reports))
    best: Scale | None = None
    sign = _common_sign(every[np.isfinite(every)])
    for scales in ([_linear(reports, values)], _powers(reports, values, sign)):
        errors = [max(_error(values - scale(reports)), least) for scale in scales]
        index = int(np.argmin(errors)) if errors else 0
        if errors and errors[index] < error / 2:
            best, error = scales[index], errors[index]
    knots, means, weights = _knots(reports, values)
    between = _error(means[1:-1] - _between_neighbors(knots, means))
    if max(between, least) < error / 2:
        best = _isotonic(knots, means, weights)
    return best


def _error(errors: Array) -> float:
    """Return the mean size without the largest, of diverged trials. NaN counts as infinite."""
    sizes = np.sort(np.where(np.isnan(errors), np.inf, np.abs(errors)))
    n_left_out = max(len(sizes) // _ONE_DIVERGED_IN, 1) if len(sizes) >= _ENOUGH else 0
    return float(np.mean(sizes[: len(sizes) - n_left_out])) if len(sizes) else np.inf


def _linear(x: Array, y: Array) -> Scale:
    """Return the line through the median slope of all pairs (Theil and Sen)."""
    first, second = np.triu_indices(len(x), 1)
    distinct = x[second] != x[first]
    rises, runs = y[second] - y[first], x[second] - x[first]
    slope = float(np.median(rises[distinct] / runs[distinct])) if distinct.any() else 0.0
    start = float(np.median(y - slope * x))
    return lambda report: start + slope * report


def _powers(reports: Array, values: Array, sign: float | None) -> list[Scale]:
    """Return lines with a power on one side; sign is the common one of all reports, if any."""
    scales: list[Scale] = []
    of_values = _common_sign(values)
    for power in _POWERS:
        if sign is not None:
            line = _linear(_raised(sign * reports, power), values)
            scales.append(lambda r, p=power, s=sign, f=line: f(_raised(s * r, p)))  # type: ignore[misc]
        if of_values is not None:
            line = _linear(reports, _raised(of_values * values, power))
            scales.append(lambda r, p=power, s=of_values, f=line: s * _root(f(r), p))  # type: ignore[misc]
    return scales


def _common_sign(x: Array) -> float | None:
    """Return 1 if all are positive, -1 if all are negative, else None."""
    if np.all(x > 0):
        return 1.0
    return -1.0 if np.all(x < 0) else None


def _raised(x: Array, power: float) -> Array:
    """Return powers of positive numbers; NaN for others."""
    positive = np.where(x > 0, x, np.nan)
    return np.asarray(positive**power if power else np.log(positive))


def _root(x: Array, power: float) -> Array:
    """Return the inverse of :func:`_raised`."""
    return np.asarray(np.maximum(x, 0.0) ** (1 / power) if power else np.exp(x))


def _knots(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the distinct x, ascending, the mean y of each, and their counts."""
    knots, index, count = np.unique(x, return_inverse=True, return_counts=True)
    return knots, np.bincount(index, weights=y) / count, count.astype(np.float64)


def _between_neighbors(x: Array, y: Array) -> Array:
    """Return the interpolation between its two neighbors of each but the ends."""
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    return np.asarray(y[:-2] + share * (y[2:] - y[:-2]))


def _isotonic(knots: Array, means: Array, weights: Array) -> Scale:
    """Return the isotonic regression, linear between the knots and beyond the ends."""
    from scipy.optimize import isotonic_regression

    rising = bool(np.median(np.diff(means)) >= 0)
    y = isotonic_regression(means, weights=weights, increasing=rising).x
    third = max(len(knots) // 3, 1)  # two neighbors at an end may be close, and noisy
    low = (y[third] - y[0]) / (knots[third] - knots[0])
    high = (y[-1] - y[-1 - third]) / (knots[-1] - knots[-1 - third])

    def scale(report: Array) -> Array:
        inside = np.interp(report, knots, y)
        below, above = np.minimum(report - knots[0], 0.0), np.maximum(report - knots[-1], 0.0)
        return np.asarray(inside + low * below + high * above)

    return scale
