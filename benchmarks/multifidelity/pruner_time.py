"""How long does a pruner take to answer, ours and Optuna's?

Milliseconds of ``should_prune`` in a study of 1,000 trials of 27 epochs, in memory and in SQLite.
"""

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

from benchmarks.common import parser, print_table, quiet, save
from benchmarks.multifidelity.methods.optuna_methods import optuna_hyperband
from benchmarks.multifidelity.methods.our_methods import hyperband
from benchmarks.multifidelity.suites.problem import Problem
from benchmarks.multifidelity.suites.registry import problem_of

N_TIMED = 30

PRUNERS: dict[str, Callable[[Problem], BasePruner]] = {
    "ours": hyperband,
    "optuna's": optuna_hyperband,
}


def rows(problem: Problem, n_trials: int) -> list[dict[str, Any]]:
    """Return milliseconds of ``should_prune`` per report after so many trials, by storage."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for where in ("memory", "sqlite"):
            row: dict[str, Any] = {"storage": where}
            for name, pruner in PRUNERS.items():
                in_memory = optuna.create_study(pruner=pruner(problem), study_name="overhead")
                _run(in_memory, problem, n_trials)
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


def main() -> None:
    options = parser(__doc__ or "", "multifidelity/pruner_time")
    options.add_argument("--trials", type=int, default=1_000)
    given = options.parse_args()
    quiet()
    found = rows(problem_of("letter_mlp", given.data), given.trials)
    print_table(found)
    save(given.json, trials=given.trials, milliseconds=found)


if __name__ == "__main__":
    main()
