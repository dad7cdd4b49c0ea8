"""Configurations to be rated by the acquisition."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.samplers.dnc.repair import Realisation
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_FEW_LEVELS = 12
"""A number with at most so many values moves by whole levels."""


class Candidates:
    """Draws configurations from a space, at random or near given ones, as positions.

    Args:
        space: The space.
        rng: Source of all draws.
        fixed: Positions that parameters must have: what the trial was given already.
        allowed: For parameters whose range is narrower in this trial than in the space, the
            lowest and the highest position.
        present: A parameter that this trial has, whatever the conditions say.
        realise: What a trial makes of a configuration; None where it takes it as it is.
    """

    def __init__(
        self,
        space: SearchSpace,
        rng: np.random.Generator,
        *,
        fixed: Mapping[str, float] | None = None,
        allowed: Mapping[str, tuple[float, float]] | None = None,
        present: str | None = None,
        realise: Realisation | None = None,
    ) -> None:
        self.space = space
        self._rng = rng
        self._fixed = {space.position(name): value for name, value in (fixed or {}).items()}
        self._allowed = {space.position(name): ends for name, ends in (allowed or {}).items()}
        self._present = None if present is None else space.position(present)
        self._realise = realise
        self._free = [p for p, c in enumerate(space.columns) if c.n_levels > 1]
        self._movable = np.array([p for p in self._free if p not in self._fixed], dtype=np.intp)

    def random(self, n: int) -> Array:
        """Return n random configurations, (n, d) float64, NaN where inactive."""
        return self._activated(self._full(n))

    def everything(self, most: int) -> Array | None:
        """Return all configurations that differ, (n, d); None where there may be over ``most``."""
        columns = [self.space.columns[place] for place in self._movable]
        if math.prod([column.n_levels for column in columns]) > most or self._allowed:
            return None
        rows = self._full(1)
        for place, column in zip(self._movable, columns, strict=True):
            levels = column.levels()
            rows = np.repeat(rows, len(levels), axis=0)
            rows[:, place] = np.tile(levels, len(rows) // len(levels))
        different = {row.tobytes(): row for row in self._activated(rows)}
        return np.array(list(different.values()))

    def near(self, rows: Array, n: int, *, spread: float) -> Array:
        """Return n variations of rows, (n, d) float64, NaN where inactive.

        Each changes one parameter or, with probability 2/d each, more. Numbers move by normal
        steps of between a tenth of ``spread`` and ``spread`` times their range, categorical
        parameters to any other choice.

        Args:
            rows: (k, d) float64 positions, NaN where inactive.
            n: Number of variations, shared equally between the rows.
            spread: Largest typical step, in units of the range.
        """
        parents = rows[np.arange(n) % len(rows)]
        children = self._full(n)  # what becomes active in a child gets a random value
        known = ~np.isnan(parents)
        children[known] = parents[known]
        if len(self._movable):
            active = known[:, self._movable]
            chance = self._rng.random(active.shape)
            # One parameter is always changed: the active one of lowest number.
            first = np.argmin(np.where(active, chance, 2.0), axis=1)
            moved = chance < 2.0 / np.maximum(active.sum(axis=1, keepdims=True), 2)
            moved[np.arange(n), first] = True
            scale = spread * 10.0 ** -self._rng.random((n, 1))
            for k, place in enumerate(self._movable):
                rows_moved = np.flatnonzero(moved[:, k] & active[:, k])
                children[rows_moved, place] = self._step(
                    int(place), children[rows_moved, place], scale[rows_moved, 0]
                )
        return self._activated(self._constrained(children))

    def _full(self, n: int) -> Array:
        return self._constrained(self.space.sample(self._rng.random((n, len(self.space.names)))))

    def _activated(self, rows: Array) -> Array:
        active = self.space.activate(rows)
        if self._realise is not None:
            active = self._realise(active, {*self._fixed, *self._allowed})
        if self._present is not None:
            active[:, self._present] = rows[:, self._present]
        return active

    def _constrained(self, rows: Array) -> Array:
        for place, (low, high) in self._allowed.items():
            column = self.space.columns[place]
            inside = (rows[:, place] >= low) & (rows[:, place] <= high)
            outside = np.flatnonzero(~inside)
            drawn = low + (high - low) * self._rng.random(len(outside))
            rows[outside, place] = np.clip(column.quantised(drawn), low, high)
        for place, value in self._fixed.items():
            rows[:, place] = value
        return rows

    def _step(self, place: int, positions: Array, scale: Array) -> Array:
        column = self.space.columns[place]
        if column.is_categorical:
            others = self._rng.integers(1, int(column.n_levels), size=len(positions))
            return (positions + others) % column.n_levels
        steps = scale * self._rng.standard_normal(len(positions))
        moved = positions + steps
        # Steps beyond an end are reflected: the ends themselves would be drawn too often.
        moved = np.clip(np.where(moved < 0, -moved, np.where(moved > 1, 2 - moved, moved)), 0, 1)
        if column.n_levels == np.inf:
            return moved
        quantised = column.quantised(moved)
        if column.n_levels <= _FEW_LEVELS:
            stuck = quantised == positions
            one = np.where(steps >= 0, 1.0, -1.0)
            neighbour = positions + one * column.widest_step
            back = (neighbour < -1e-9) | (neighbour > 1 + 1e-9)
            neighbour = np.where(back, positions - one * column.widest_step, neighbour)
            quantised = np.where(stuck, column.quantised(np.clip(neighbour, 0, 1)), quantised)
        return quantised
