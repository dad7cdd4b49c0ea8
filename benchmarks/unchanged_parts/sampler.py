"""What the samplers propose on the problems of ``benchmarks.samplers.regret``, trial by trial."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import optuna
from threadpoolctl import threadpool_limits

from benchmarks.common import rounded
from benchmarks.samplers.kept_runs import load_runs
from benchmarks.samplers.peers import OURS
from benchmarks.samplers.suites.problem import Problem
from optuna_dnc import BOHBSampler

N_TRIALS = 40
SEED = 0
PROBLEMS = {
    "mixint": ("f04-d05", "f09-d05", "f13-d05", "f07-d10", "f18-d10"),
    "tables": (
        "naval_propulsion",
        "parkinsons_telemonitoring",
        "protein_structure",
        "slice_localization",
    ),
    "jenatton": ("tree",),
    "letter_mlp": ("letter",),
    "model_selection": ("breast_cancer", "diabetes", "digits"),
    "small_models": ("circles", "clusters", "digits", "moons", "wine"),
}
"""Five of each suite, or all where there are fewer."""
FEW = {("mixint", "f04-d05"), ("jenatton", "tree")}
"""Those for the samplers that are not the default one."""
SAMPLERS = OURS | {"bohb": lambda problem, seed: BOHBSampler(seed=seed)}


def compute(data: Path) -> dict[str, Any]:
    """Return parameters and values by sampler, suite and problem.

    A suite whose package or data is not there is left out.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with threadpool_limits(1):
        return {key: value for suite in PROBLEMS for key, value in _of_suite(suite, data)}


def _of_suite(suite: str, data: Path) -> Iterator[tuple[str, Any]]:
    try:
        known = import_module(f"benchmarks.samplers.suites.{suite}").problems(data)
        yield from _of_problems(suite, [p for p in known if p.name in PROBLEMS[suite]])
    except (ImportError, FileNotFoundError) as error:
        print(f"  {suite} is left out: {error}", flush=True)


def _of_problems(suite: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for problem in problems:
        for name, make in SAMPLERS.items():
            if name != "dnc" and (suite, problem.name) not in FEW:
                continue
            key = f"{name} {suite} {problem.name}"
            print(f"  {key}", flush=True)
            study = optuna.create_study(sampler=make(problem, SEED))
            study.optimize(problem.objective, N_TRIALS)
            yield key, [[trial.params, trial.value] for trial in study.trials]
            kept = load_runs(suite, name).get((problem.name, SEED))
            if kept is not None:
                values = [rounded(trial.values[0]) for trial in study.trials]
                yield f"{key}: leading trials as in kept runs", _n_equal(values, kept.values)


def _n_equal(one: list[float], other: list[float]) -> int:
    """How many values agree before the first that differs."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
