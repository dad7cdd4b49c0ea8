"""Search space and conditions of its parameters, learned from observed configurations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from optuna_dnc._arrays import Array
from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition
from optuna_dnc.space.merge import HasDistributions, MergedDistributions
from optuna_dnc.space.search_space import SearchSpace


class Observation(HasDistributions, Protocol):
    """A configuration with distributions: a FrozenTrial or a CallbackTrial, for instance."""

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, in the order of suggestion."""
        ...


def infer_space(observations: Sequence[Observation]) -> SearchSpace:
    """Learn distributions and conditions from observed configurations.

    Ranges that change are united; a parameter whose kind, choices or log flag changes is left
    out. A parameter that some observations lack gets conditions on earlier parameters that
    explain its absence in all of them (see :func:`find_conditions`). Without such conditions it
    counts as always existing, and rows that lack it are NaN there.

    Args:
        observations: Configurations with ``params`` and ``distributions`` in the order of
            suggestion.
    """
    merged = MergedDistributions()
    for observation in observations:
        merged.add(observation)
    space = SearchSpace(merged.union())
    encoded = space.encode([observation.params for observation in observations])
    return with_conditions(space, encoded, suggest_ranks(space, observations))


def suggest_ranks(space: SearchSpace, observations: Sequence[HasDistributions]) -> Array:
    """Return ranks in the order of suggestion, (n, d) float64; NaN where absent."""
    ranks = np.full((len(observations), len(space.names)), np.nan)
    positions = {name: column for column, name in enumerate(space.names)}
    for row, observation in enumerate(observations):
        columns = [positions[name] for name in observation.distributions if name in positions]
        ranks[row, columns] = np.arange(len(columns))
    return ranks


def with_conditions(space: SearchSpace, encoded: Array, ranks: Array) -> SearchSpace:
    """Return the space with the conditions that explain where positions are missing.

    Args:
        space: A space without conditions.
        encoded: (n, d) float64 positions, NaN where inactive.
        ranks: (n, d) float64, see :func:`suggest_ranks`.
    """
    if not np.isnan(encoded).any():
        return space
    codecs: dict[str, Column] = dict(zip(space.names, space.columns, strict=True))
    conditions = find_conditions(codecs, encoded, ranks)
    unwrapped = {name: c[0] if len(c) == 1 else c for name, c in conditions.items()}
    return SearchSpace(_parents_first(space.distributions, conditions), unwrapped)


def _parents_first(
    distributions: Mapping[str, BaseDistribution],
    conditions: Mapping[str, tuple[Condition, ...]],
) -> dict[str, BaseDistribution]:
    """Return the distributions with parents before children, whichever came first."""
    ordered: dict[str, BaseDistribution] = {}

    def add(name: str) -> None:
        for condition in conditions.get(name, ()):
            add(condition.parent)
        ordered.setdefault(name, distributions[name])

    for name in distributions:
        add(name)
    return ordered


Mask = NDArray[np.bool_]

_MOST_CONDITIONS = 3


@dataclass(frozen=True)
class _Explanation:
    """The narrowest condition on one parent that all configurations with the child fulfill."""

    condition: Condition
    n_boundaries: int
    unexplained: Mask
    """(n,) bool: configurations that fulfill it although they lack the child."""


def find_conditions(
    columns: Mapping[str, Column], encoded: Array, ranks: Array
) -> dict[str, tuple[Condition, ...]]:
    """Return conditions for each parameter whose presence earlier ones explain.

    A parent explains a child if, in all observations, it was suggested first, it was present
    whenever the child was, and its values with the child can be separated from those without: by
    an interval whose ends lie half-way to the nearest value without, or by a set of choices. Of
    several explanations the best is the parent that explains most parameters, then the one with
    the fewest boundaries, the fewest levels and the earliest in the order of suggestion:
    ``n_layers`` explains every ``width_i``, a coincidence explains one. Where no single parent
    explains a child, up to three conditions are combined, each the one that leaves the fewest
    configurations unexplained.

    Args:
        columns: The d parameters by name.
        encoded: (n, d) float64 positions, NaN where a parameter is absent.
        ranks: (n, d) float64 ranks in the order of suggestion, NaN where a parameter is absent.

    Returns:
        Conditions by child. A parameter that is always present, or that nothing explains, has
        none.
    """
    names = list(columns)
    missing = np.isnan(encoded)
    sometimes = np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)).tolist()
    # A parameter with one value can only pass its own condition on; its parent explains as much.
    parents = [index for index, column in enumerate(columns.values()) if column.n_levels > 1]
    explanations: dict[int, dict[int, _Explanation]] = {}
    for child in sometimes:
        explanations[child] = {
            parent: _explain(
                names[parent], columns[names[parent]], encoded[:, parent], encoded[:, child]
            )
            for parent in parents
            if parent != child and _comes_first(ranks[:, parent], ranks[:, child])
        }
    n_explained = np.zeros(len(names), dtype=int)
    for by_parent in explanations.values():
        for parent, explanation in by_parent.items():
            n_explained[parent] += not explanation.unexplained.any()
    levels = [column.n_levels for column in columns.values()]

    def preference(item: tuple[int, _Explanation]) -> tuple[float, ...]:
        parent, explanation = item
        return -n_explained[parent], explanation.n_boundaries, levels[parent], parent

    conditions = {names[child]: _best(explanations[child], preference) for child in sometimes}
    return {name: of_child for name, of_child in conditions.items() if of_child}


def _best(
    explanations: Mapping[int, _Explanation],
    preference: Callable[[tuple[int, _Explanation]], tuple[float, ...]],
) -> tuple[Condition, ...]:
    """Return the conditions that together explain a child, none if there are none."""
    complete = [item for item in explanations.items() if not item[1].unexplained.any()]
    if complete:
        return (min(complete, key=preference)[1].condition,)
    combined: list[Condition] = []
    left: Mask | None = None
    for _ in range(_MOST_CONDITIONS):
        remaining = {
            p: e.unexplained if left is None else e.unexplained & left
            for p, e in explanations.items()
        }
        if not remaining:
            break
        best = min(
            remaining, key=lambda p: (remaining[p].sum(), *preference((p, explanations[p])))
        )
        if left is not None and remaining[best].sum() == left.sum():
            break
        combined.append(explanations[best].condition)
        left = remaining[best]
        if not left.any():
            return tuple(combined)
    return ()


def _comes_first(parent: Array, child: Array) -> bool:
    """Return whether a parent has a lower rank wherever the child is present."""
    with_child = ~np.isnan(child)
    # NaN of an absent parent compares false: it then cannot be the parent.
    return bool(np.all(parent[with_child] < child[with_child]))


def _explain(name: str, column: Column, parent: Array, child: Array) -> _Explanation:
    """Return the narrowest condition on a parent, from positions (n,) of parent and child."""
    exists, parent_exists = ~np.isnan(child), ~np.isnan(parent)
    inside, outside = parent[exists], parent[parent_exists & ~exists]
    if outside.size == 0:
        return _Explanation(Condition(parent=name), 0, np.zeros(len(child), dtype=bool))
    if column.is_categorical:
        chosen = np.unique(inside)
        choices = tuple(column.decode(float(index)) for index in chosen)
        left = ~exists & np.isin(parent, chosen)
        return _Explanation(Condition(parent=name, choices=choices), 1, left)
    low, high = inside.min(), inside.max()
    above = _half_way(column, outside[outside < low].max(initial=-math.inf), low)
    below = _half_way(column, outside[outside > high].min(initial=math.inf), high)
    n_boundaries = int(math.isfinite(above)) + int(math.isfinite(below))
    left = ~exists & (parent >= low) & (parent <= high)
    return _Explanation(Condition(parent=name, above=above, below=below), n_boundaries, left)


def _half_way(column: Column, outside: float, inside: float) -> float:
    """Return the raw value half-way between two positions; infinity stays."""
    if math.isinf(outside):
        return float(outside)
    low, high = column.raw(np.array([outside, inside]))
    return float(np.sqrt(low * high) if column.is_log else (low + high) / 2)
