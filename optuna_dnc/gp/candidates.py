"""Candidates for the acquisition function: random, near others, or all of a small space."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.space import Column, SearchSpace

_FEW_LEVELS = 12
"""A number with at most so many values moves by at least one level."""

Repair: TypeAlias = Callable[[Array, Collection[int]], Array]
"""Turns configurations (m, d) into what trials would make of them; the parameters whose indices
are given keep their values."""


class Candidates:
    """A source of configurations of a space, at random or near others, as positions.

    Args:
        space: The space.
        rng: Source of all draws.
        fixed: Positions of parameters whose values the trial already has.
        allowed: Lowest and highest position of parameters whose range is narrower in this trial
            than in the space.
        present: A parameter that this trial has, even where the conditions deny it.
        repair: Turns a configuration into what the trial would make of it; None where it takes
            each as it is.
    """

    def __init__(
        self,
        space: SearchSpace,
        rng: np.random.Generator,
        *,
        fixed: Mapping[str, float] | None = None,
        allowed: Mapping[str, tuple[float, float]] | None = None,
        present: str | None = None,
        repair: Repair | None = None,
    ) -> None:
        self.space = space
        self._rng = rng
        self._fixed = {space.position(name): value for name, value in (fixed or {}).items()}
        self._allowed = {space.position(name): ends for name, ends in (allowed or {}).items()}
        self._present = None if present is None else space.position(present)
        self._repair = repair
        free = [i for i, column in enumerate(space.columns) if column.n_levels > 1]
        self._movable = np.array([i for i in free if i not in self._fixed], dtype=np.intp)
        numeric = [not space.columns[i].is_categorical for i in self._movable.tolist()]
        joint = [one and other for one, other in pairwise(numeric)]
        firsts = [i for i in range(len(numeric)) if i == 0 or not joint[i - 1]]
        self._runs = [slice(*ends) for ends in pairwise([*firsts, len(numeric)])]
        """Parts of the movable parameters whose steps are drawn at once: numbers that follow
        each other, or one categorical parameter."""

    def random(self, n: int) -> Array:
        """Return n random configurations, (n, d) float64, NaN where inactive."""
        return self._activated(self._full(n))

    def enumerate(self, most: int) -> Array | None:
        """Return all distinct configurations, (n, d); None where there may be over ``most``."""
        columns = [self.space.columns[index] for index in self._movable]
        if math.prod([column.n_levels for column in columns]) > most or self._allowed:
            return None
        rows = self._full(1)
        for index, column in zip(self._movable, columns, strict=True):
            levels = column.levels()
            rows = np.repeat(rows, len(levels), axis=0)
            rows[:, index] = np.tile(levels, len(rows) // len(levels))
        distinct = {row.tobytes(): row for row in self._activated(rows)}
        return np.array(list(distinct.values()))

    def near(self, rows: Array, n: int, *, spread: float) -> Array:
        """Return n variations of rows, (n, d) float64, NaN where inactive.

        Each changes one parameter and, with probability 2/d each, others. Numbers move by normal
        steps whose standard deviation is between a tenth of ``spread`` and ``spread`` times their
        range, categorical parameters to any other choice.

        Args:
            rows: (k, d) float64 positions, NaN where inactive.
            n: Number of variations, shared equally between the rows.
            spread: Largest typical step, in units of the range.
        """
        parents = rows[np.arange(n) % len(rows)]
        known = ~np.isnan(parents)
        children = self._completed(parents, known)
        if len(self._movable):
            active = known[:, self._movable]
            chance = self._rng.random(active.shape)
            # One parameter always changes: the active one whose draw is lowest.
            first = np.argmin(np.where(active, chance, 2.0), axis=1)
            moved = chance < 2.0 / np.maximum(active.sum(axis=1, keepdims=True), 2)
            moved[np.arange(n), first] = True
            scale = spread * 10.0 ** -self._rng.random(n)
            # Their rows by parameter, ascending: one search for all of them.
            numbers, changing = np.nonzero((moved & active).T)
            ends = [0, *np.searchsorted(numbers, np.arange(1, len(self._movable) + 1)).tolist()]
            for run in self._runs:
                its = slice(ends[run.start], ends[run.stop])
                its_rows, columns = changing[its], self._movable[numbers[its]]
                positions = children[its_rows, columns]
                if self.space.columns[self._movable[run.start]].is_categorical:
                    stepped = self._chosen(self._movable[run.start], positions)
                else:
                    bounds = [end - ends[run.start] for end in ends[run.start : run.stop + 1]]
                    stepped = self._stepped(run, bounds, positions, scale[its_rows])
                children[its_rows, columns] = stepped
        return self._activated(self._constrained(children))

    def _completed(self, parents: Array, known: NDArray[np.bool_]) -> Array:
        """Return a copy with random values of parameters that may become active in a child."""
        if self._allowed:
            children = self._full(len(parents))
            children[known] = parents[known]
            return children
        children, uniform = parents.copy(), self._rng.random(parents.shape)
        for index in np.flatnonzero(~known.all(axis=0)).tolist():
            unknown = ~known[:, index]
            children[unknown, index] = self.space.columns[index].sample(uniform[:, index])[unknown]
        return children

    def _full(self, n: int) -> Array:
        return self._constrained(self.space.sample(self._rng.random((n, len(self.space.names)))))

    def _activated(self, rows: Array) -> Array:
        active = self.space.activate(rows)
        if self._repair is not None:
            active = self._repair(active, {*self._fixed, *self._allowed})
        if self._present is not None:
            active[:, self._present] = rows[:, self._present]
        return active

    def _constrained(self, rows: Array) -> Array:
        """Move rows in place to what the trial allows."""
        for index, (low, high) in self._allowed.items():
            column = self.space.columns[index]
            inside = (rows[:, index] >= low) & (rows[:, index] <= high)
            outside = np.flatnonzero(~inside)
            drawn = low + (high - low) * self._rng.random(len(outside))
            rows[outside, index] = np.clip(column.quantized(drawn), low, high)
        for index, value in self._fixed.items():
            rows[:, index] = value
        return rows

    def _chosen(self, index: int, positions: Array) -> Array:
        """Return other choices of a categorical parameter, (n,) float64."""
        n_levels = self.space.columns[index].n_levels
        others = self._rng.integers(1, int(n_levels), size=len(positions))
        chosen: Array = (positions + others) % n_levels
        return chosen

    def _stepped(self, run: slice, bounds: list[int], positions: Array, scale: Array) -> Array:
        """Return the positions of numbers after random steps, (n,) float64.

        Args:
            run: The parameters, as a part of the movable ones.
            bounds: Where the positions of each begin, and the end.
            positions: (n,) float64, by parameter.
            scale: (n,) float64 standard deviations of the steps.
        """
        steps = scale * self._rng.standard_normal(len(positions))
        # Steps beyond an end are reflected; clipping would draw the ends too often.
        moved: Array = np.abs(positions + steps)
        moved = np.maximum(np.minimum(moved, 2 - moved), 0.0)
        for index, ends in zip(self._movable[run].tolist(), pairwise(bounds), strict=True):
            column, its = self.space.columns[index], slice(*ends)
            if column.n_levels < np.inf:
                moved[its] = _quantized(column, positions[its], steps[its], moved[its])
        return moved


def _quantized(column: Column, positions: Array, steps: Array, moved: Array) -> Array:
    """Return the levels next to positions after steps, (n,) float64; few levels all move."""
    quantized = column.quantized(moved)
    if column.n_levels > _FEW_LEVELS:
        return quantized
    # A small step would round back to the same level, and the child equal its parent.
    stuck = quantized == positions
    one = np.where(steps >= 0, 1.0, -1.0)
    neighbor = positions + one * column.widest_step
    beyond = (neighbor < -1e-9) | (neighbor > 1 + 1e-9)
    neighbor = np.where(beyond, positions - one * column.widest_step, neighbor)
    return np.where(stuck, column.quantized(np.clip(neighbor, 0, 1)), quantized)
