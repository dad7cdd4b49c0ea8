"""Conversion of what users pass as a search space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError, shown
from optuna_dnc.space.search_space import SearchSpace
from optuna_dnc.space.trace import trace_space

SpaceLike = SearchSpace | Mapping[str, BaseDistribution] | Callable[[BaseTrial], Any]
"""A space, distributions by name, or a function of a trial that calls ``suggest_*``."""


def coerce_space(search_space: SpaceLike | None) -> SearchSpace | None:
    """Return the search space: functions are traced, None stays None."""
    if search_space is None or isinstance(search_space, SearchSpace):
        return search_space
    if isinstance(search_space, Mapping):
        return SearchSpace(search_space)
    if callable(search_space):
        return trace_space(search_space)
    raise InputError(
        f"search_space must be a dictionary of distributions, a SearchSpace, a function of a "
        f"trial or None, got {shown(search_space)}; None learns it from the study."
    )
