"""Search space of a function of a trial, learned by running it on trials without a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import TrialPruned
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import contains
from optuna_dnc.space.column import Column
from optuna_dnc.space.infer import infer_space
from optuna_dnc.space.search_space import SearchSpace

Answer = Callable[[str, BaseDistribution], Any]

_MOST_PROBES = 33
"""Every level of a parameter with at most so many is tried."""
_MOST_RUNS = 3000


def trace_space(define: Callable[[BaseTrial], Any], *, n: int = 100, seed: int = 0) -> SearchSpace:
    """Learn the search space of ``define`` by running it on many values.

    It runs on the lowest, the highest and ``n`` random values; then, for each parameter found,
    once for every choice or level (the two ends of a number with more than 33), with the values
    of earlier parameters as when it was first found, until no new parameter appears. Its return
    value is ignored, so it should only suggest, not train. At most 3,000 runs.

    Args:
        define: A function of a trial that calls ``suggest_*``.
        n: Number of runs on random values.
        seed: Seed of the random values.
    """
    if not callable(define):
        raise InputError(f"define must be a function of a trial, got {shown(define)}; pass one.")
    rng = np.random.default_rng(seed)
    columns: dict[str, Column] = {}

    def random_answer(name: str, distribution: BaseDistribution) -> Any:
        column = columns.get(name)
        if column is None or column.distribution != distribution:
            column = columns[name] = Column(distribution)
        return column.decode(float(column.sample(rng.random(1))[0]))

    traces = [_run(define, answer) for answer in (lowest_answer, highest_answer)]
    traces += [_run(define, random_answer) for _ in range(n)]
    probed: set[str] = set()
    for trace in traces:  # grows during iteration: a probe may show new parameters
        for name in [name for name in trace.params if name not in probed]:
            probed.add(name)
            before = dict(takewhile(lambda item, name=name: item[0] != name, trace.params.items()))  # type: ignore[misc]
            values = probes(trace.distributions[name])
            traces += [
                _run(define, _fixed({**before, name: value}, random_answer))
                for value in islice(values, max(_MOST_RUNS - len(traces), 0))
            ]
    return infer_space(traces)


def _run(define: Callable[[BaseTrial], Any], answer: Answer) -> CallbackTrial:
    trial = CallbackTrial(answer)
    with suppress(TrialPruned):  # parameters suggested before still count
        define(trial)
    return trial


def _fixed(values: Mapping[str, Any], otherwise: Answer) -> Answer:
    def answer(name: str, distribution: BaseDistribution) -> Any:
        if name in values and contains(distribution, values[name]):
            return values[name]
        return otherwise(name, distribution)

    return answer


def probes(distribution: BaseDistribution, most: int = _MOST_PROBES) -> list[Any]:
    """Return all values; the two ends of a number with more than ``most``."""
    column = Column(distribution)
    if column.n_levels > most and not column.is_categorical:
        return [column.decode(0), column.decode(column.last)]
    return [column.decode(float(position)) for position in column.levels()]


def highest_answer(name: str, distribution: BaseDistribution) -> Any:
    """Return the highest value; the last choice of a categorical parameter."""
    column = Column(distribution)
    return column.decode(column.last)


def lowest_answer(name: str, distribution: BaseDistribution) -> Any:
    """Return the lowest value; the first choice of a categorical parameter."""
    return Column(distribution).decode(0)


class CallbackTrial(BaseTrial):
    """A trial without a study that takes the values of ``suggest_*`` from a function.

    It records parameters and distributions, so that code that takes a trial can run outside any
    study: to learn its search space, or, with :func:`highest_answer`, its largest configuration.
    Reports are ignored and nothing is pruned.

    Args:
        answer: Called as ``answer(name, distribution)`` once a parameter; returns a value of the
            distribution.
        number: The trial's number.
    """

    def __init__(self, answer: Callable[[str, BaseDistribution], Any], *, number: int = 0) -> None:
        self._answer = answer
        self._number = number
        self._params: dict[str, Any] = {}
        self._distributions: dict[str, BaseDistribution] = {}
        self._user_attrs: dict[str, Any] = {}
        self._constraints: dict[str, float] = {}

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        if name not in self._params:
            value = self._answer(name, distribution)
            if not contains(distribution, value):
                raise InputError(
                    f"answer returned {shown(value)} for {name!r}, which is not a value of "
                    f"{distribution}; return one of its values."
                )
            self._params[name] = value
            self._distributions[name] = distribution
        return self._params[name]

    def suggest_float(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float | None = None,
        log: bool = False,
    ) -> float:
        """Return the value of a float parameter."""
        return float(self._suggest(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Return the value of an int parameter."""
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return self._suggest(name, CategoricalDistribution(choices))

    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """Return the value of a float parameter; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high)

    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """Return the value of a logarithmic float; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high, log=True)

    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """Return the value of a stepped float; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high, step=q)

    def report(self, value: float, step: int) -> None:
        """Do nothing."""

    def should_prune(self) -> bool:
        """Return False."""
        return False

    def set_user_attr(self, key: str, value: Any) -> None:
        """Record an attribute."""
        self._user_attrs[key] = value

    def set_constraint(self, key: str, value: float) -> None:
        """Record a constraint."""
        self._constraints[key] = float(value)

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, in the order of suggestion."""
        return self._params

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Distributions by name, in the order of suggestion."""
        return self._distributions

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Recorded attributes."""
        return self._user_attrs

    @property
    def constraints(self) -> dict[str, float]:
        """Recorded constraints."""
        return self._constraints

    @property
    def datetime_start(self) -> datetime | None:
        """None: the trial belongs to no study."""
        return None

    @property
    def number(self) -> int:
        """The number given at construction."""
        return self._number


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
