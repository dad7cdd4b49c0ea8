"""The parameter whose value decides whether another one exists."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition

Mask = NDArray[np.bool_]


_MOST_CONDITIONS = 3


@dataclass(frozen=True)
class _Gate:
    """The narrowest condition on one parent that all configurations with the child fulfil."""

    condition: Condition
    n_boundaries: int
    left: Mask
    """(n,) bool: configurations that fulfil it, although they lack the child."""


def find_conditions(
    columns: Mapping[str, Column], encoded: Array, asked: Array
) -> dict[str, tuple[Condition, ...]]:
    """Return conditions for each parameter whose presence earlier ones explain.

    A parameter explains another one if, in all observations, it was asked first, it was there
    whenever the other one was, and its values with and without the other one can be told apart:
    by an interval whose ends lie half-way to the nearest value without, or by a set of choices.
    Of several explanations the one is taken that explains the presence of most parameters, then
    the one with the fewest boundaries, the fewest levels and the earliest in the order asked:
    ``n_layers`` explains every ``width_i``, an accident explains one. Where no single parameter
    does, up to three conditions are taken together, each the one that leaves the fewest
    configurations unexplained.

    Args:
        columns: The d parameters with more than one value or not, by name.
        encoded: (n, d) float64 positions, NaN where a parameter was not asked.
        asked: (n, d) float64 ranks in the order asked, NaN where a parameter was not asked.

    Returns:
        Conditions by child. A parameter that is always present, or that nothing explains, has
        none.
    """
    names = list(columns)
    missing = np.isnan(encoded)
    sometimes = np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)).tolist()
    # A parameter with one value can only pass its own condition on; its parent explains as much.
    parents = [place for place, column in enumerate(columns.values()) if column.n_levels > 1]
    gates: dict[int, dict[int, _Gate]] = {}
    for child in sometimes:
        gates[child] = {}
        for parent in parents:
            if parent != child and _asked_first(asked[:, parent], asked[:, child]):
                name = names[parent]
                gate = _gate(name, columns[name], encoded[:, parent], encoded[:, child])
                gates[child][parent] = gate
    explained = np.zeros(len(names), dtype=int)
    for of_child in gates.values():
        for parent, gate in of_child.items():
            explained[parent] += not gate.left.any()
    levels = [column.n_levels for column in columns.values()]

    def rank(item: tuple[int, _Gate]) -> tuple[float, ...]:
        parent, gate = item
        return -explained[parent], gate.n_boundaries, levels[parent], parent

    found = {names[child]: _explanation(gates[child], rank) for child in sometimes}
    return {name: conditions for name, conditions in found.items() if conditions}


def _explanation(
    gates: Mapping[int, _Gate], rank: Callable[[tuple[int, _Gate]], tuple[float, ...]]
) -> tuple[Condition, ...]:
    whole = [item for item in gates.items() if not item[1].left.any()]
    if whole:
        return (min(whole, key=rank)[1].condition,)
    taken: list[Condition] = []
    left: Mask | None = None
    for _ in range(_MOST_CONDITIONS):
        remaining = {p: g.left if left is None else g.left & left for p, g in gates.items()}
        if not remaining:
            break
        best = min(remaining, key=lambda p: (remaining[p].sum(), *rank((p, gates[p]))))
        if left is not None and remaining[best].sum() == left.sum():
            break
        taken.append(gates[best].condition)
        left = remaining[best]
        if not left.any():
            return tuple(taken)
    return ()


def _asked_first(parent: Array, child: Array) -> bool:
    with_child = ~np.isnan(child)
    # NaN of an absent parent compares false: it then cannot be the parent.
    return bool(np.all(parent[with_child] < child[with_child]))


def _gate(name: str, column: Column, parent: Array, child: Array) -> _Gate:
    exists, there = ~np.isnan(child), ~np.isnan(parent)
    inside, outside = parent[exists], parent[there & ~exists]
    if outside.size == 0:
        return _Gate(Condition(parent=name), 0, np.zeros(len(child), dtype=bool))
    if column.is_categorical:
        chosen = np.unique(inside)
        choices = tuple(column.decode(float(index)) for index in chosen)
        left = ~exists & np.isin(parent, chosen)
        return _Gate(Condition(parent=name, choices=choices), 1, left)
    low, high = inside.min(), inside.max()
    above = _half_way(column, outside[outside < low].max(initial=-math.inf), low)
    below = _half_way(column, outside[outside > high].min(initial=math.inf), high)
    n_boundaries = int(math.isfinite(above)) + int(math.isfinite(below))
    left = ~exists & (parent >= low) & (parent <= high)
    return _Gate(Condition(parent=name, above=above, below=below), n_boundaries, left)


def _half_way(column: Column, outside: float, inside: float) -> float:
    if math.isinf(outside):
        return float(outside)
    low, high = column.raw(np.array([outside, inside]))
    return float(np.sqrt(low * high) if column.is_log else (low + high) / 2)
