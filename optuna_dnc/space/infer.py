"""Learn a search space from the configurations that were tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from optuna.distributions import BaseDistribution

from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition
from optuna_dnc.space.gate import find_conditions
from optuna_dnc.space.merge import HasDistributions, merge_distributions
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
    out. A parameter that some observations lack gets a condition on an earlier parameter that
    explains its absence in all of them (see :func:`find_conditions`); where none does it is
    taken to exist always, and rows that lack it are NaN there.

    Args:
        observations: Configurations with ``params`` and ``distributions`` in the order asked.
    """
    space = SearchSpace(merge_distributions(observations))
    encoded = space.encode([observation.params for observation in observations])
    if not np.isnan(encoded).any():
        return space
    asked = np.full(encoded.shape, np.nan)
    places = {name: place for place, name in enumerate(space.names)}
    for row, observation in enumerate(observations):
        columns = [places[name] for name in observation.distributions if name in places]
        asked[row, columns] = np.arange(len(columns))
    codecs: dict[str, Column] = dict(zip(space.names, space.columns, strict=True))
    conditions = find_conditions(codecs, encoded, asked)
    return SearchSpace(_parents_first(space.distributions, conditions), conditions)


def _parents_first(
    distributions: Mapping[str, BaseDistribution], conditions: Mapping[str, Condition]
) -> dict[str, BaseDistribution]:
    """Reorder so that parents precede children: first met need not mean first asked."""
    ordered: dict[str, BaseDistribution] = {}

    def place(name: str) -> None:
        if name in conditions:
            place(conditions[name].parent)
        ordered.setdefault(name, distributions[name])

    for name in distributions:
        place(name)
    return ordered
