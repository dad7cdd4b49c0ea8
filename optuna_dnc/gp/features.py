"""Configurations as points of a Euclidean space, for kernels of distances."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_TYPICAL_ROWS = 64


@dataclass(frozen=True)
class Part:
    """What one summand of the kernel compares.

    ``groups`` holds sets of parameters that are never active together, such as those of the
    branches of a model selection. Two configurations are compared by the group that both have;
    without one their similarity is 0. ``None`` compares by all parameters, whatever is active.
    """

    groups: tuple[frozenset[str], ...] | None
    at_low_budget: bool = False
    """Whether it is what low budgets get wrong: weighed by how low they are."""


class Features:
    """Maps positions to points whose distances the kernel measures.

    A number has one coordinate, its position minus one half; a categorical parameter one
    coordinate a choice, of which the chosen one is ``sqrt(1/2)``, so that two choices are 1
    apart. A parameter that is inactive lies at the origin, the middle of its range: what tells
    it apart is its parent, which differs too. Parameters with a single value are left out.

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
        """Number of the parameter of each coordinate, (D,)."""

    def points(self, x: Array) -> Array:
        """Return coordinates, (n, D) float64, of positions (n, d), NaN where inactive."""
        points = np.zeros((len(x), len(self.owners)))
        first = 0
        for name in self.names:
            column = self.space.column(name)
            position = x[:, self.space.position(name)]
            if column.is_categorical:
                width = int(column.n_levels)
                rows = np.flatnonzero(~np.isnan(position))
                points[rows, first + position[rows].astype(np.intp)] = np.sqrt(0.5)
            else:
                width = 1
                points[:, first] = np.nan_to_num(position - 0.5)
            first += width
        return points

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parameters together, then what is active under the same conditions, budgets last."""
        of_budgets = (Part(None, at_low_budget=True),) if self.budgets else ()
        groups = self._groups()
        if len(groups) <= 1:
            return (Part(None), *of_budgets)
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
        """How many parameters each part typically compares, (parts,) float64, at least 1."""
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
        """Return the numbers of a part's coordinates."""
        if part.groups is None:
            return np.arange(len(self.owners))
        numbers = [i for i, n in enumerate(self.names) if any(n in g for g in part.groups)]
        return np.flatnonzero(np.isin(self.owners, numbers))

    def membership(self, part: Part, x: Array, shortfall: Array) -> Array | None:
        """Return which group of a part is active, (n, groups) of 0 and 1; None for always.

        That of budgets has one group, to which configurations belong by their shortfall.
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
        """Sets of parameters with the same conditions; the members of a list are one set."""
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
        """Say whether ``width_2`` belongs to the list that ``width_1`` is in.

        Layers may have more than one parameter each: ``width_2`` and ``dropout_2``. What decides
        how long a list is decides it for all members; ``x1`` and ``x2`` need have nothing in
        common but their names.
        """
        lists = {self._list(name) for name in names}
        return (
            None not in lists
            and lists == {self._list(name) for name in group}
            and self._deciding(names, group) <= self._deciding(group, group)
            and not self._exclude(frozenset(group), frozenset(names))
        )

    def _deciding(self, names: list[str], members: list[str]) -> set[str]:
        """Parents by whose values these exist; that a member exists is no decision."""
        conditions = {c for name in names for c in self.space.requirements(name)}
        return {c.parent for c in conditions if not (c.parent in members and c.is_existence)}

    def _list(self, name: str) -> tuple[str, type] | None:
        """Return ``layer_#_units`` of ``layer_3_units``, and its kind; None without a number."""
        pattern = re.sub(r"\d+", "#", name)
        return None if pattern == name else (pattern, type(self.space.distributions[name]))

    def _exclude(self, a: frozenset[str], b: frozenset[str]) -> bool:
        """Say whether no configuration has parameters of both sets."""
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
    squares += np.sum(a * a, axis=1)[:, None]
    squares += np.sum(b * b, axis=1)[None, :]
    return np.maximum(squares, 0.0, out=squares)
