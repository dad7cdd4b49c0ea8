"""The parameter whose value decides whether another one exists."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Gate:
    condition: Condition
    n_boundaries: int


def find_conditions(
    columns: Mapping[str, Column], encoded: Array, asked: Array
) -> dict[str, Condition]:
    """Return a condition for each parameter whose presence an earlier one explains.

    A parameter explains another one if, in all observations, it was asked first, it was there
    whenever the other one was, and its values with and without the other one can be told apart:
    by an interval whose ends lie half-way to the nearest value without, or by a set of choices.
    Of several explanations the one is taken that explains the presence of most parameters, then
    the one with the fewest boundaries, the fewest levels and the earliest in the order asked:
    ``n_layers`` explains every ``width_i``, an accident explains one.

    Args:
        columns: The d parameters with more than one value or not, by name.
        encoded: (n, d) float64 positions, NaN where a parameter was not asked.
        asked: (n, d) float64 ranks in the order asked, NaN where a parameter was not asked.

    Returns:
        Conditions by child. A parameter that is always present, or that nothing explains, has
        none.
    """
    names = list(columns)
    sometimes = [place for place in range(len(names)) if np.isnan(encoded[:, place]).any()]
    # A parameter with one value can only pass its own condition on; its parent explains as much.
    parents = [place for place, column in enumerate(columns.values()) if column.n_levels > 1]
    gates: dict[tuple[int, int], _Gate] = {}
    for parent in parents:
        for child in sometimes:
            if child != parent and _asked_first(asked[:, parent], asked[:, child]):
                name = names[parent]
                gate = _gate(name, columns[name], encoded[:, parent], encoded[:, child])
                if gate is not None:
                    gates[parent, child] = gate
    return _simplest(names, list(columns.values()), sometimes, gates)


def _asked_first(parent: Array, child: Array) -> bool:
    with_child = ~np.isnan(child)
    # NaN of an absent parent compares false: it then cannot be the parent.
    return bool(np.all(parent[with_child] < child[with_child]))


def _gate(name: str, column: Column, parent: Array, child: Array) -> _Gate | None:
    exists, there = ~np.isnan(child), ~np.isnan(parent)
    inside, outside = parent[exists], parent[there & ~exists]
    if outside.size == 0:
        return _Gate(Condition(parent=name), 0)
    if column.is_categorical:
        if np.isin(inside, outside).any():
            return None
        choices = tuple(column.decode(float(index)) for index in np.unique(inside))
        return _Gate(Condition(parent=name, choices=choices), 1)
    low, high = inside.min(), inside.max()
    if np.any((outside >= low) & (outside <= high)):
        return None
    above = _half_way(column, outside[outside < low].max(initial=-math.inf), low)
    below = _half_way(column, outside[outside > high].min(initial=math.inf), high)
    n_boundaries = int(math.isfinite(above)) + int(math.isfinite(below))
    return _Gate(Condition(parent=name, above=above, below=below), n_boundaries)


def _half_way(column: Column, outside: float, inside: float) -> float:
    if math.isinf(outside):
        return float(outside)
    low, high = column.raw(np.array([outside, inside]))
    return float(np.sqrt(low * high) if column.is_log else (low + high) / 2)


def _simplest(
    names: Sequence[str],
    columns: Sequence[Column],
    children: Sequence[int],
    gates: Mapping[tuple[int, int], _Gate],
) -> dict[str, Condition]:
    explained = np.zeros(len(names), dtype=int)
    for parent, _ in gates:
        explained[parent] += 1
    conditions = {}
    for child in children:
        parents = [parent for parent, of in gates if of == child]
        if parents:
            best = min(
                parents,
                key=lambda parent, child=child: (  # type: ignore[misc]
                    -explained[parent],
                    gates[parent, child].n_boundaries,
                    columns[parent].n_levels,
                    parent,
                ),
            )
            conditions[names[child]] = gates[best, child].condition
    return conditions
