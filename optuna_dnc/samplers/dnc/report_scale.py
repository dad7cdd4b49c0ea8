"""Reports on the scale of the values.

What a trial reports need not be what it returns: ``100 * accuracy`` and ``accuracy``, a summed
and a mean loss, an accuracy and an error. A stopped trial has shown reports alone, so they are
taken to the scale of the values before the two are compared.
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


@np.errstate(all="ignore")  # what has no value on a scale becomes NaN or infinite
def on_the_scale_of_values(
    observed: Sequence[Observations], ended: Sequence[Observations]
) -> list[Observations]:
    """Return what trials showed, with reports on the scale of the values.

    Args:
        observed: What is to be taken there.
        ended: From the COMPLETE ones of these the scale is learned.
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
    """Learn what reports stand for; None where they are in the units of the values.

    In turn ``v = r + a``, ``v = a + b r``, one of the two with a power or the logarithm of the
    reports or of the values, and isotonic regression are tried. Each must halve the error of the
    one before: with few trials, or noise, the simple ones go astray least beyond what was seen.

    Args:
        reports: (n,) float64, the last ones of trials that came to their end.
        values: (n,) float64, what these trials returned.
        every: (m,) float64, all reports that are to be taken to the scale.
    """
    known = np.isfinite(reports) & np.isfinite(values)
    reports, values = reports[known], values[known]
    few = np.linspace(0, len(reports) - 1, min(len(reports), _MOST_PAIRS)).astype(np.intp)
    reports, values = reports[few], values[few]
    if len(np.unique(reports)) < 2:
        return None
    # A few pairs prove little, however well a function fits them.
    least = _error(values - np.median(values)) / (2 * len(values) ** 2)
    error = _error(values - reports - np.median(values - reports))
    best: Scale | None = None
    sign = _common_sign(every[np.isfinite(every)])
    for scales in ([_linear(reports, values)], _powers(reports, values, sign)):
        errors = [max(_error(values - scale(reports)), least) for scale in scales]
        place = int(np.argmin(errors)) if errors else 0
        if errors and errors[place] < error / 2:
            best, error = scales[place], errors[place]
    knots, means, weights = _knots(reports, values)
    between = _error(means[1:-1] - _between_neighbours(knots, means))
    if max(between, least) < error / 2:
        best = _isotonic(knots, means, weights)
    return best


def _error(errors: Array) -> float:
    """Return the mean size but for the largest: a diverged trial. NaN counts as infinite."""
    sizes = np.sort(np.where(np.isnan(errors), np.inf, np.abs(errors)))
    n_left_out = max(len(sizes) // _ONE_DIVERGED_IN, 1) if len(sizes) >= _ENOUGH else 0
    return float(np.mean(sizes[: len(sizes) - n_left_out])) if len(sizes) else np.inf


def _linear(x: Array, y: Array) -> Scale:
    """Return the line through the median slope of all pairs (Theil and Sen)."""
    first, second = np.triu_indices(len(x), 1)
    apart = x[second] != x[first]
    rises, runs = y[second] - y[first], x[second] - x[first]
    slope = float(np.median(rises[apart] / runs[apart])) if apart.any() else 0.0
    start = float(np.median(y - slope * x))
    return lambda report: start + slope * report


def _powers(reports: Array, values: Array, sign: float | None) -> list[Scale]:
    """Return lines with a power on one side; sign is that of all reports, if they have one."""
    found: list[Scale] = []
    of_values = _common_sign(values)
    for power in _POWERS:
        if sign is not None:
            line = _linear(_raised(sign * reports, power), values)
            found.append(lambda r, p=power, s=sign, f=line: f(_raised(s * r, p)))  # type: ignore[misc]
        if of_values is not None:
            line = _linear(reports, _raised(of_values * values, power))
            found.append(lambda r, p=power, s=of_values, f=line: s * _root(f(r), p))  # type: ignore[misc]
    return found


def _common_sign(x: Array) -> float | None:
    if np.all(x > 0):
        return 1.0
    return -1.0 if np.all(x < 0) else None


def _raised(x: Array, power: float) -> Array:
    """Return powers of positive numbers; NaN for others."""
    positive = np.where(x > 0, x, np.nan)
    return np.asarray(positive**power if power else np.log(positive))


def _root(x: Array, power: float) -> Array:
    return np.asarray(np.maximum(x, 0.0) ** (1 / power) if power else np.exp(x))


def _knots(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return different x, ascending, the mean y at each, and how many there are."""
    knots, place, count = np.unique(x, return_inverse=True, return_counts=True)
    return knots, np.bincount(place, weights=y) / count, count.astype(np.float64)


def _between_neighbours(x: Array, y: Array) -> Array:
    """Return, for all but the ends, what a line from one neighbor to the other gives."""
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    return np.asarray(y[:-2] + share * (y[2:] - y[:-2]))


def _isotonic(knots: Array, means: Array, weights: Array) -> Scale:
    """Return a monotone function, linear between the knots and beyond the ends."""
    from scipy.optimize import isotonic_regression

    rising = bool(np.median(np.diff(means)) >= 0)
    y = isotonic_regression(means, weights=weights, increasing=rising).x
    third = max(len(knots) // 3, 1)  # the last two may be near each other, and noisy
    low = (y[third] - y[0]) / (knots[third] - knots[0])
    high = (y[-1] - y[-1 - third]) / (knots[-1] - knots[-1 - third])

    def scale(report: Array) -> Array:
        inside = np.interp(report, knots, y)
        below, above = np.minimum(report - knots[0], 0.0), np.maximum(report - knots[-1], 0.0)
        return np.asarray(inside + low * below + high * above)

    return scale
