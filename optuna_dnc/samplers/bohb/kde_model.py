"""BOHB's model: a pair of density estimates of good and bad configurations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.bohb.kde import ProductKDE, imputed
from optuna_dnc.space import Column, SearchSpace

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
