"""Conversion of intermediate reports to the scale of final values.

A trial may report another quantity than it returns: ``100 * accuracy`` and ``accuracy``, a summed
and a mean loss, an accuracy and an error. A stopped trial has reports only, so they are converted
to the scale of final values before the two are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from optuna.trial import TrialState

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.budgets import Observations

Scale = Callable[[Array], Array]

_POWERS = (-1.0, 0.0, 0.5, 2.0)
"""0 is the logarithm."""
_CHANCE = 0.01
"""Chance at which a fit counts as exact."""
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

    Tries in turn ``v = r + a``, ``v = a + b r``, a line with a power, the logarithm or the log
    odds of reports or values, and isotonic regression. Each must halve the error of the one
    before: with few or noisy trials, simple functions extrapolate best.

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
    # A few pairs prove little, unless a function fits them exactly: errors below count as equal.
    least = _error(values - np.median(values)) / (2 * len(values) ** 2)
    exact = _exact(len(values))
    plain = error = _error(values - reports - np.median(values - reports))
    best: Scale | None = None
    for scales in ([_linear(reports, values)], _curved(reports, values, every)):
        errors = [_error(values - scale(reports)) for scale in scales]
        index = int(np.argmin(errors)) if errors else 0
        if errors and (max(errors[index], least) < error / 2 or errors[index] < exact * plain):
            best, error = scales[index], max(errors[index], least)
        plain = min([plain, *errors])
    knots, means, weights = _knots(reports, values)
    between = _error(means[1:-1] - _between_neighbors(knots, means))
    if max(between, least) < error / 2:
        best = _isotonic(knots, means, weights)
    return best


def _exact(n: int) -> float:
    """Return the share of the error that is left where n pairs are fitted exactly.

    A line fits two pairs whatever they are, and each further one as well by chance; that it fits
    all of them so well has a chance of one in a hundred.
    """
    n_proving = n - _n_left_out(n) - 2
    return min(0.5, _CHANCE ** (1 / n_proving)) if n_proving > 0 else 0.0


def _error(errors: Array) -> float:
    """Return the mean size without the largest, of diverged trials. NaN counts as infinite."""
    sizes = np.sort(np.where(np.isnan(errors), np.inf, np.abs(errors)))
    return float(np.mean(sizes[: len(sizes) - _n_left_out(len(sizes))])) if len(sizes) else np.inf


def _n_left_out(n: int) -> int:
    return max(n // _ONE_DIVERGED_IN, 1) if n >= _ENOUGH else 0


def _linear(x: Array, y: Array) -> Scale:
    """Return the line through the median slope of all pairs (Theil and Sen)."""
    first, second = np.triu_indices(len(x), 1)
    distinct = x[second] != x[first]
    rises, runs = y[second] - y[first], x[second] - x[first]
    slope = float(np.median(rises[distinct] / runs[distinct])) if distinct.any() else 0.0
    start = float(np.median(y - slope * x))
    return lambda report: start + slope * report


def _curved(reports: Array, values: Array, every: Array) -> list[Scale]:
    """Return lines with a power, a logarithm or log odds of all reports, or of the values."""
    scales: list[Scale] = []
    for to, _ in _curves(every[np.isfinite(every)]):
        line = _linear(to(reports), values)
        scales.append(lambda r, to=to, f=line: f(to(r)))  # type: ignore[misc]
    for to, back in _curves(values):
        line = _linear(reports, to(values))
        scales.append(lambda r, back=back, f=line: back(f(r)))  # type: ignore[misc]
    return scales


def _curves(x: Array) -> Iterator[tuple[Scale, Scale]]:
    """Yield functions that are defined for all x, and their inverses."""
    sign = _common_sign(x)
    for power in _POWERS if sign is not None else ():
        yield (
            lambda x, p=power, s=sign: _raised(s * x, p),  # type: ignore[misc]
            lambda y, p=power, s=sign: s * _root(y, p),  # type: ignore[misc]
        )
    if np.all((x > 0) & (x < 1)):
        yield _log_odds, lambda y: 1 / (1 + np.exp(-y))


def _log_odds(x: Array) -> Array:
    """Return ``log(x / (1 - x))``; NaN outside of (0, 1)."""
    return np.asarray(np.log(np.where(x > 0, x, np.nan)) - np.log(np.where(x < 1, 1 - x, np.nan)))


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
