"""bbob-mixint of COCO (package ``coco-experiment``), instance 2: mixed integer functions.

Four fifths of the variables are integers with 2, 4, 8 and 16 values, the others are in [-5, 5].
Regrets are linear, between the optimum that COCO knows and the median of random points: the
functions differ by many powers of ten.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cocoex
import numpy as np
from optuna.trial import BaseTrial

from benchmarks.samplers.suites.problem import Params, Problem

FUNCTIONS = (4, 5, 7, 9, 11, 12, 13, 16, 18, 19)
DIMENSIONS = (5, 10)
INSTANCE = 2


def problems(data: Path) -> list[Problem]:
    """All functions in all dimensions."""
    del data
    return [_problem(function, n) for n in DIMENSIONS for function in FUNCTIONS]


def _problem(function: int, dimension: int) -> Problem:
    coco = _suite().get_problem(f"bbob-mixint_f{function:03}_i{INSTANCE:02}_d{dimension:02}")
    return Problem(
        suite="mixint",
        name=f"f{function:02}-d{dimension:02}",
        suggest=partial(_suggest, coco),
        evaluate=partial(_evaluate, coco),
        find_low=partial(_optimum, coco),
    )


@lru_cache(maxsize=1)
def _suite() -> Any:
    return cocoex.Suite("bbob-mixint", f"instances: {INSTANCE}", "")


def _suggest(coco: Any, trial: BaseTrial) -> Params:
    return {
        f"x{i}": trial.suggest_int(f"x{i}", int(low), int(high))
        if i < coco.number_of_integer_variables
        else trial.suggest_float(f"x{i}", low, high)
        for i, (low, high) in enumerate(zip(coco.lower_bounds, coco.upper_bounds, strict=True))
    }


def _evaluate(coco: Callable[[np.ndarray], float], params: Params) -> float:
    return float(coco(np.array([params[f"x{i}"] for i in range(len(params))], dtype=float)))


def _optimum(coco: Any) -> float:
    """COCO tells the best point only in a file in the current folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            coco._best_parameter("print")
            return float(coco(np.loadtxt("._bbob_problem_best_parameter.txt")))
        finally:
            os.chdir(before)
