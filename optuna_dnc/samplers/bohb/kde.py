"""BOHB's model: kernel density estimates of good and of bad configurations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.space import Column, SearchSpace

_SCOTT_FACTOR = 1.06


@dataclass(frozen=True)
class ProductKDE:
    """A kernel density estimate: the mean of product kernels centered on the points.

    Numbers have Gaussian kernels truncated to [0, 1], choices the kernel of Aitchison and
    Aitken (1976): ``1 - h`` for the same choice, ``h / (k - 1)`` for each of the k - 1 others.
    Bandwidths follow the normal reference rule, ``h = 1.06 * sd * n**(-1 / (4 + d))``, as in
    ``KDEMultivariate`` of statsmodels, which HpBandSter uses, with two differences: kernels have
    mass 1 inside [0, 1]; and the spread of choices, whose standard deviation would depend on
    their order, is ``sqrt((1 - sum of the squared shares) / 2)``, which is equal for two choices.
    """

    points: Array
    """(n, d) float64: numbers in [0, 1], choices as indices."""
    n_choices: NDArray[np.intp]
    """(d,): number of choices, 0 for a number."""
    min_bandwidth: float
    """Least bandwidth, above 0."""

    @cached_property
    def bandwidths(self) -> Array:
        """Bandwidths, (d,) float64; at most ``(k - 1) / k`` for k choices: all equally likely."""
        n, d = self.points.shape
        spreads = self.points.std(axis=0)
        widest = np.full(d, np.inf)
        for column in np.flatnonzero(self.n_choices):
            _, counts = np.unique(self.points[:, column], return_counts=True)
            spreads[column] = math.sqrt((1 - np.sum((counts / n) ** 2)) / 2)
            widest[column] = 1 - 1 / self.n_choices[column]
        rule = _SCOTT_FACTOR * spreads * n ** (-1 / (4 + d))
        bounded: Array = np.minimum(np.maximum(rule, self.min_bandwidth), widest)
        return bounded

    def log_density(self, x: Array) -> Array:
        """Return the logarithm of the density, (m,) float64.

        Args:
            x: (m, d) float64, in the units of the points.
        """
        from scipy.special import logsumexp, ndtr

        total = np.zeros((len(x), len(self.points)))
        for column, (h, k) in enumerate(zip(self.bandwidths, self.n_choices, strict=True)):
            centers, at = self.points[:, column], x[:, column, None]
            if k == 1:
                continue
            if k:
                total += np.where(at == centers, math.log1p(-h), math.log(h / (k - 1)))
            else:
                inside = ndtr((1 - centers) / h) - ndtr(-centers / h)
                total -= 0.5 * ((at - centers) / h) ** 2 + np.log(
                    inside * h * math.sqrt(2 * math.pi)
                )
        mean: Array = logsumexp(total, axis=1) - math.log(len(self.points))
        return mean

    def sample(self, rng: np.random.Generator, n: int, *, factor: float) -> Array:
        """Draw from kernels around random points, (n, d) float64.

        Args:
            rng: Source of all draws.
            n: Number of draws.
            factor: Factor on the bandwidths of numbers.
        """
        from scipy.special import ndtr, ndtri

        chosen = self.points[rng.integers(len(self.points), size=n)]
        drawn = np.empty_like(chosen)
        for column, (h, k) in enumerate(zip(self.bandwidths, self.n_choices, strict=True)):
            centers = chosen[:, column]
            if k:
                # As in HpBandSter: any choice, also the same one, with probability h.
                others = rng.integers(int(k), size=n)
                drawn[:, column] = np.where(rng.random(n) < 1 - h, centers, others)
            else:
                h = factor * h
                low, high = ndtr(-centers / h), ndtr((1 - centers) / h)
                steps = h * ndtri(low + rng.random(n) * (high - low))
                drawn[:, column] = np.clip(centers + steps, 0.0, 1.0)
        return drawn


def imputed(rows: Array, n_choices: NDArray[np.intp], rng: np.random.Generator) -> Array:
    """Return the rows with NaN imputed as in HpBandSter, (n, d) float64.

    The first missing parameter of a row is taken from a random row that has it, together with
    all others that this row lacks and that one has; a parameter that no row has is drawn
    uniformly.

    Args:
        rows: (n, d) float64, NaN where inactive.
        n_choices: (d,): number of choices, 0 for a number.
        rng: Source of all draws.
    """
    filled = rows.copy()
    for row in filled:
        while np.isnan(row).any():
            missing = np.flatnonzero(np.isnan(row))
            having = np.flatnonzero(~np.isnan(rows[:, missing[0]]))
            if len(having):
                row[missing] = rows[rng.choice(having), missing]
            else:
                k = n_choices[missing[0]]
                row[missing[0]] = rng.integers(int(k)) if k else rng.random()
    return filled


_LOG_FLOOR = math.log(1e-32)
"""HpBandSter's floor, below which neither density is meaningful."""


@dataclass(frozen=True, kw_only=True)
class KDEModel:
    """A model that proposes where good configurations are dense and bad ones are not.

    The proposal has the largest ``l(x) / g(x)`` of ``n_candidates`` draws from l with widened
    bandwidths; l is the density of the best ``n_l = max(n_min, top_fraction * n)`` of n
    configurations, g of the worst ``max(n_min, n - n_l)``, so that the two overlap while there
    are few (Falkner, Klein and Hutter 2018, arXiv 1807.01774, equations 2 to 4).
    """

    n_min: int
    """Least number of configurations in either density."""
    top_fraction: float
    """Share of the configurations that count as good."""
    n_candidates: int
    """Draws rated."""
    bandwidth_factor: float
    """Factor on the bandwidths of numbers for the draws."""
    min_bandwidth: float
    """Least bandwidth."""

    def propose(
        self, space: SearchSpace, rows: Array, losses: Array, rng: np.random.Generator
    ) -> Array:
        """Return the positions of a configuration, (d,) float64 without NaN.

        Args:
            space: The space of the positions.
            rows: (n, d) float64 positions, NaN where inactive.
            losses: (n,) float64, to be minimized, may be infinite.
            rng: Source of all draws.
        """
        n = len(losses)
        n_good = max(self.n_min, int(self.top_fraction * n))
        n_bad = max(self.n_min, n - n_good)
        n_choices = np.array([_n_choices(column) for column in space.columns], dtype=np.intp)
        order = np.argsort(losses, kind="stable")
        points = _to_units(space, rows)
        good, bad = (
            ProductKDE(imputed(points[part], n_choices, rng), n_choices, self.min_bandwidth)
            for part in (order[:n_good], order[max(n - n_bad, 0) :])
        )
        drawn = good.sample(rng, self.n_candidates, factor=self.bandwidth_factor)
        positions = _from_units(space, drawn)
        at = _to_units(space, positions)
        rating = np.maximum(good.log_density(at), _LOG_FLOOR)
        rating -= np.maximum(bad.log_density(at), _LOG_FLOOR)
        winner: Array = positions[int(np.argmax(rating))]
        return winner


def _n_choices(column: Column) -> int:
    return int(column.n_levels) if column.is_categorical else 0


def _to_units(space: SearchSpace, rows: Array) -> Array:
    """Return positions as shares of the range, choices unchanged, (n, d) float64."""
    units = rows.copy()
    for index, column in enumerate(space.columns):
        if not column.is_categorical:
            units[:, index] = _shares(column, rows[:, index])
    return units


def _shares(column: Column, positions: Array) -> Array:
    """Return the shares of the range that ``column.sample`` maps back, (n,) float64.

    A level becomes the middle of an interval, so that kernels at the ends cover the whole
    interval of the lowest and of the highest level.
    """
    if column.n_levels == 1:
        return np.where(np.isnan(positions), np.nan, 0.5)
    if math.isinf(column.n_levels):
        return positions
    if column.is_log:
        low, high = math.log(column.low - 0.5), math.log(column.high + 0.5)
        shares: Array = (np.log(column.raw(positions)) - low) / (high - low)
        return shares
    return (positions * (column.n_levels - 1) + 0.5) / column.n_levels


def _from_units(space: SearchSpace, units: Array) -> Array:
    """Return the positions of the levels whose intervals hold the shares, (n, d) float64."""
    positions = units.copy()
    for index, column in enumerate(space.columns):
        if not column.is_categorical:
            positions[:, index] = column.sample(units[:, index])
    return positions
