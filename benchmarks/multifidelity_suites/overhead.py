"""What a pruner's answer costs, ours against Optuna's."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner

from multifidelity_suites.optuna_methods import optuna_hyperband
from multifidelity_suites.our_methods import hyperband
from multifidelity_suites.problem import Problem

N_TRIALS = 1_000
N_TIMED = 30

PRUNERS: dict[str, Callable[[Problem], BasePruner]] = {
    "ours": hyperband,
    "optuna's": optuna_hyperband,
}


def rows(problem: Problem) -> list[dict[str, Any]]:
    """Return milliseconds of ``should_prune`` per report after 1,000 trials, by storage."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for where in ("memory", "sqlite"):
            row: dict[str, Any] = {"storage": where}
            for name, pruner in PRUNERS.items():
                in_memory = optuna.create_study(pruner=pruner(problem), study_name="overhead")
                _run(in_memory, problem, N_TRIALS)
                study = in_memory
                if where == "sqlite":
                    storage = f"sqlite:///{Path(folder) / str(len(row))}.db"
                    study = optuna.create_study(
                        storage=storage, pruner=pruner(problem), study_name="overhead"
                    )
                    study.add_trials(in_memory.get_trials(deepcopy=False))
                milliseconds = _run(study, problem, N_TIMED)
                row[f"{name}, mean ms"] = mean(milliseconds)
                row[f"{name}, median ms"] = median(milliseconds)
                row[f"{name}, worst ms"] = max(milliseconds)
            row["ratio of means"] = row["ours, mean ms"] / row["optuna's, mean ms"]
            found.append(row)
    return found


def _run(study: optuna.Study, problem: Problem, n: int) -> list[float]:
    """Run trials with made-up learning curves; return the time of each answer."""
    milliseconds = []
    for _ in range(n):
        trial = study.ask()
        rng = np.random.default_rng(trial.number)
        final, slope = rng.random(2)
        for step in range(1, problem.max_resource + 1):
            trial.report(final + slope / step, step)
            start = time.perf_counter()
            pruned = trial.should_prune()
            milliseconds.append(1e3 * (time.perf_counter() - start))
            if pruned:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, final)
    return milliseconds
