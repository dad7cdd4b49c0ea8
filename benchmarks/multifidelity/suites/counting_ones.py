"""BOHB's own problem: count ones (Falkner, Klein and Hutter 2018, section 5.1).

``f(x) = -(sum of the binary choices + sum of the means of b draws of Bernoulli(p_j)) / d`` with
half of the d dimensions binary, half probabilities p_j, and the budget b. The optimum is -1; what
a configuration is worth in the end has p_j in place of the mean.
"""

from __future__ import annotations

import zlib
from functools import partial

import numpy as np
from optuna.trial import BaseTrial

from benchmarks.multifidelity.suites.problem import Params, Problem, Visit

SMALLEST, LARGEST, FACTOR = 9, 729, 3


def problem(name: str, n_each: int) -> Problem:
    """The problem with ``n_each`` dimensions of each kind."""
    return Problem(
        name=name,
        suggest=partial(_suggest, n_each),
        run=_run,
        final=_final,
        min_resource=SMALLEST,
        max_resource=LARGEST,
        reduction_factor=FACTOR,
        n_full=128,
        low=-1.0,
        high=0.0,
        noisy=True,
    )


def _suggest(n_each: int, trial: BaseTrial) -> Params:
    ones = {f"one_{i}": trial.suggest_categorical(f"one_{i}", [0, 1]) for i in range(n_each)}
    return {**ones, **{f"p_{i}": trial.suggest_float(f"p_{i}", 0.0, 1.0) for i in range(n_each)}}


def _run(params: Params, visit: Visit, *, start: int = 0, stop: int) -> float:
    """Report at the budgets that an exact Hyperband compares at."""
    ones, p = _halves(params)
    rng = np.random.default_rng(zlib.crc32(repr(sorted(params.items())).encode()))
    draws = np.cumsum(rng.random((LARGEST, len(p))) < p, axis=0)
    budget, loss = SMALLEST, 0.0
    while budget <= stop:
        loss = -float(ones.sum() + draws[budget - 1].sum() / budget) / (len(ones) + len(p))
        if budget > start:
            visit(budget, loss)
        budget *= FACTOR
    return loss


def _final(params: Params) -> float:
    ones, p = _halves(params)
    return -float(ones.sum() + p.sum()) / (len(ones) + len(p))


def _halves(params: Params) -> tuple[np.ndarray, np.ndarray]:
    ones = [value for name, value in params.items() if name.startswith("one_")]
    p = [value for name, value in params.items() if name.startswith("p_")]
    return np.array(ones, dtype=float), np.array(p)
