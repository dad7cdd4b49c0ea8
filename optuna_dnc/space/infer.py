"""Search space learned from observed configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from optuna.distributions import BaseDistribution

from optuna_dnc._arrays import Array
from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition
from optuna_dnc.space.condition_inference import find_conditions
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
