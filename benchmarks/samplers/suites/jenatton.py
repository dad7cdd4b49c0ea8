"""The tree of Jenatton et al. 2017, "Bayesian optimization with tree-structured dependencies".

Two binary decisions lead to one of four leaves, ``x**2 + shift + r``, where ``r`` is shared by
the two leaves of a branch. The optimum is 0.1.
"""

from __future__ import annotations

from pathlib import Path

from optuna.trial import BaseTrial

from benchmarks.samplers.suites.problem import Params, Problem

# The second decision, its leaves' x and the r of each branch.
BRANCHES = {0: ("x2", ("x4", "x5"), "r8"), 1: ("x3", ("x6", "x7"), "r9")}
SHIFTS = {"x4": 0.1, "x5": 0.2, "x6": 0.3, "x7": 0.4}


def problems(data: Path) -> list[Problem]:
    """One problem."""
    del data
    return [
        Problem(
            suite="jenatton",
            name="tree",
            suggest=_suggest,
            evaluate=_evaluate,
            find_low=lambda: min(SHIFTS.values()),
        )
    ]


def _suggest(trial: BaseTrial) -> Params:
    params = {"x1": trial.suggest_categorical("x1", (0, 1))}
    decision, leaves, shared = BRANCHES[params["x1"]]
    params[decision] = trial.suggest_categorical(decision, (0, 1))
    leaf = leaves[params[decision]]
    params[leaf] = trial.suggest_float(leaf, -1, 1)
    params[shared] = trial.suggest_float(shared, 0, 1)
    return params


def _evaluate(params: Params) -> float:
    decision, leaves, shared = BRANCHES[params["x1"]]
    leaf = leaves[params[decision]]
    return params[leaf] ** 2 + SHIFTS[leaf] + params[shared]
