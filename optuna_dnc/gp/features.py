"""Features of configurations: points in Euclidean space, grouped by what exists together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.space import SearchSpace

_TYPICAL_ROWS = 64


@dataclass(frozen=True)
class Part:
    """The parameters that one summand of the kernel compares.

    ``groups`` holds sets of parameters that are never active together, such as those of the
    branches of a model selection. Two configurations are compared by the group that both have;
    if there is none, their similarity is 0. ``None`` compares all parameters, active or not.
    """

    groups: tuple[frozenset[str], ...] | None
    at_low_budget: bool = False
    """Whether the part models the error of low budgets, weighted by how low they are."""


class Features:
    """A map from positions to points whose distances the kernel measures.

    A number has one coordinate, its position minus one half. A categorical parameter has one
    coordinate a choice (one-hot), ``sqrt(1/2)`` for the chosen one, so that two choices are 1
    apart. An inactive parameter lies at the origin, the middle of its range; its parent, which
    differs too, tells such configurations apart. Parameters with a single value are left out.

    Args:
        space: The space of the positions.
        budgets: Whether some configurations were observed at low budgets.
    """

    def __init__(self, space: SearchSpace, *, budgets: bool = False) -> None:
        self.space = space
        self.budgets = budgets
        self.names = space.free
        owners: list[int] = []
        for number, name in enumerate(self.names):
            column = space.column(name)
            owners += [number] * (int(column.n_levels) if column.is_categorical else 1)
        self.owners = np.array(owners, dtype=np.intp)
        """Index of the parameter of each coordinate, (D,)."""

    def points(self, x: Array) -> Array:
        """Return coordinates, (n, D) float64, of positions (n, d), NaN where inactive."""
        points = np.zeros((len(x), len(self.owners)))
        numbers, coordinates, categorical = self._columns
        centered = x[:, numbers] - 0.5
        points[:, coordinates] = np.where(np.isnan(centered), 0.0, centered)
        for index, first in categorical:
            position = x[:, index]
            rows = np.flatnonzero(~np.isnan(position))
            points[rows, first + position[rows].astype(np.intp)] = np.sqrt(0.5)
        return points

    @cached_property
    def _columns(self) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """The columns of numbers, their coordinates, and both for each categorical parameter."""
        numbers, coordinates, categorical = [], [], []
        for number, name in enumerate(self.names):
            index = self.space.position(name)
            first = int(np.searchsorted(self.owners, number))
            if self.space.columns[index].is_categorical:
                categorical.append((index, first))
            else:
                numbers.append(index)
                coordinates.append(first)
        return numbers, coordinates, categorical

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parameters together, then those under the same conditions, budgets last."""
        of_budgets = (Part(None, at_low_budget=True),) if self.budgets else ()
        groups = self._groups()
        if len(groups) <= 1:
            return (Part(None), *of_budgets)
        # Groups that exclude each other share a part: fewer summands, and their variances and
        # stretches rest on the data of all branches.
        layers: list[list[frozenset[str]]] = []
        for group in groups:
            fitting = (layer for layer in layers if all(self._exclude(group, g) for g in layer))
            layer = next(fitting, None)
            if layer is None:
                layers.append([group])
            else:
                layer.append(group)
        return (Part(None), *(Part(tuple(layer)) for layer in layers), *of_budgets)

    @cached_property
    def sizes(self) -> Array:
        """Typical number of parameters that each part compares, (parts,) float64, at least 1."""
        uniform = np.random.default_rng(0).random((_TYPICAL_ROWS, len(self.space.names)))
        rows = self.space.activate(self.space.sample(uniform))
        active = ~np.isnan(rows[:, [self.space.position(name) for name in self.names]])
        sizes = []
        for part in self.parts:
            inside = [part.groups is None or any(n in g for g in part.groups) for n in self.names]
            counts = active[:, inside].sum(axis=1)
            sizes.append(float(counts[counts > 0].mean()) if counts.any() else 1.0)
        return np.array(sizes)

    def coordinates(self, part: Part) -> NDArray[np.intp]:
        """Return the indices of a part's coordinates."""
        if part.groups is None:
            return np.arange(len(self.owners))
        numbers = [i for i, n in enumerate(self.names) if any(n in g for g in part.groups)]
        return np.flatnonzero(np.isin(self.owners, numbers))

    def membership(self, part: Part, x: Array, shortfall: Array) -> Array | None:
        """Return the active group of a part, (n, groups) of 0 and 1; None where always active.

        The part of budgets has one group, to which configurations belong by their shortfall.
        """
        if part.at_low_budget:
            return shortfall[:, None]
        if part.groups is None or self._is_everywhere(part.groups):
            return None
        active = ~np.isnan(x)
        columns = [
            active[:, [self.space.position(name) for name in group]].any(axis=1)
            for group in part.groups
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def _is_everywhere(self, groups: tuple[frozenset[str], ...]) -> bool:
        return len(groups) == 1 and not any(self.space.requirements(n) for n in groups[0])

    def _groups(self) -> list[frozenset[str]]:
        """Return sets of parameters with the same conditions; a list of layers is one set."""
        by_condition: dict[object, list[str]] = {}
        for name in self.names:
            by_condition.setdefault(self.space.requirements(name), []).append(name)
        groups: list[list[str]] = []
        for names in by_condition.values():
            home = next((g for g in groups if self._continues(g, names)), None)
            if home is None:
                groups.append(list(names))
            else:
                home += names
        return [frozenset(names) for names in groups]

    def _continues(self, group: list[str], names: list[str]) -> bool:
        """Return whether names continue the list of a group, as ``width_2`` that of ``width_1``.

        Layers may have more than one parameter each: ``width_2`` and ``dropout_2``. The length
        of a list is decided by the same parents for all members; ``x1`` and ``x2`` may have
        nothing in common but their names.
        """
        lists = {self._list(name) for name in names}
        return (
            None not in lists
            and lists == {self._list(name) for name in group}
            and self._deciding(names, group) <= self._deciding(group, group)
            and not self._exclude(frozenset(group), frozenset(names))
        )

    def _deciding(self, names: list[str], members: list[str]) -> set[str]:
        """Return the parents whose values decide whether these exist, but for mere existence."""
        conditions = {c for name in names for c in self.space.requirements(name)}
        return {c.parent for c in conditions if not (c.parent in members and c.is_existence)}

    def _list(self, name: str) -> tuple[str, type] | None:
        """Return ``layer_#_units`` for ``layer_3_units``, and its kind; None without a number."""
        pattern = re.sub(r"\d+", "#", name)
        return None if pattern == name else (pattern, type(self.space.distributions[name]))

    def _exclude(self, a: frozenset[str], b: frozenset[str]) -> bool:
        """Return whether no configuration has parameters of both sets."""
        return all(
            self.space.exclusive(one, other)
            for one in self._one_a_condition(a)
            for other in self._one_a_condition(b)
        )

    def _one_a_condition(self, names: frozenset[str]) -> list[str]:
        return list({self.space.requirements(name): name for name in sorted(names)}.values())


def squared_distances(a: Array, b: Array) -> Array:
    """Return the squared Euclidean distances of the rows, (n, m) float64, at least 0."""
    squares = a @ b.T
    squares *= -2.0
    sizes = np.add.reduce(a * a, axis=1)
    squares += sizes[:, None]
    squares += sizes if b is a else np.add.reduce(b * b, axis=1)
    return np.maximum(squares, 0.0, out=squares)
