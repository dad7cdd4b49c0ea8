"""Learn a search space from the configurations that were tried."""

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
    """One configuration: a FrozenTrial or an AnsweringTrial, for instance."""

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, in the order asked."""
        ...


def infer_space(observations: Sequence[Observation]) -> SearchSpace:
    """Learn distributions and conditions from observed configurations.

    Ranges that change are united; a parameter whose kind, choices or log flag changes is left
    out. A parameter that some observations lack gets conditions on earlier parameters that
    explain its absence in all of them (see :func:`find_conditions`); where none do it is taken
    to exist always, and rows that lack it are NaN there.

    Args:
        observations: Configurations with ``params`` and ``distributions`` in the order asked.
    """
    merged = MergedDistributions()
    for observation in observations:
        merged.add(observation)
    space = SearchSpace(merged.union())
    encoded = space.encode([observation.params for observation in observations])
    return with_conditions(space, encoded, suggest_ranks(space, observations))


def suggest_ranks(space: SearchSpace, observations: Sequence[HasDistributions]) -> Array:
    """Return (n, d) float64: when each parameter was asked, NaN where it was not."""
    asked = np.full((len(observations), len(space.names)), np.nan)
    places = {name: place for place, name in enumerate(space.names)}
    for row, observation in enumerate(observations):
        columns = [places[name] for name in observation.distributions if name in places]
        asked[row, columns] = np.arange(len(columns))
    return asked


def with_conditions(space: SearchSpace, encoded: Array, asked: Array) -> SearchSpace:
    """Return the space with the conditions that explain where positions are missing.

    Args:
        space: A space without conditions.
        encoded: (n, d) float64 positions, NaN where inactive.
        asked: (n, d) float64, see :func:`suggest_ranks`.
    """
    if not np.isnan(encoded).any():
        return space
    codecs: dict[str, Column] = dict(zip(space.names, space.columns, strict=True))
    conditions = find_conditions(codecs, encoded, asked)
    single = {name: found[0] if len(found) == 1 else found for name, found in conditions.items()}
    return SearchSpace(_parents_first(space.distributions, conditions), single)


def _parents_first(
    distributions: Mapping[str, BaseDistribution],
    conditions: Mapping[str, tuple[Condition, ...]],
) -> dict[str, BaseDistribution]:
    """Reorder so that parents precede children: first met need not mean first asked."""
    ordered: dict[str, BaseDistribution] = {}

    def place(name: str) -> None:
        for condition in conditions.get(name, ()):
            place(condition.parent)
        ordered.setdefault(name, distributions[name])

    for name in distributions:
        place(name)
    return ordered
