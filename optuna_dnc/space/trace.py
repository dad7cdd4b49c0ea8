"""Search space of a function of a trial, learned by running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice, takewhile
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.exceptions import TrialPruned
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import contains
from optuna_dnc.space.callback_trial import CallbackTrial, highest_answer, lowest_answer
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
