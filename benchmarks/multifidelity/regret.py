"""Does multi-fidelity search find networks as good for less training?

Methods spend the same budget, 40 full trainings of 27 epochs (81 in what is ``_long``); every
epoch counts, also those of trials that were stopped, and those that are trained again. "seen" is
the lowest loss reported so far, "incumbent" what the configuration with the lowest loss at the
largest resource so far is worth in the end; both as ``(loss - low) / (high - low)``, low the
lowest loss that anyone ever saw, high the median of random configurations, fully trained (of
``cifar_cnn_whole`` and ``cifar_cnn_long`` the error of a guess). ``counting_ones_8`` and
``counting_ones_16`` are the BOHB paper's problem with 8 + 8 and 16 + 16 dimensions, low the
optimum and high 0: 128 full evaluations of 729 samples, the resource from 9 on.

Runs are kept in ``results/multifidelity/runs/`` as soon as they are finished and are not run
again; ``--again METHOD`` does. Learning curves are kept beside them: a configuration is trained
once, whoever asks. ``pip install smac`` for the peers of SMAC3.
"""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import optuna
from optuna.samplers import RandomSampler
from threadpoolctl import threadpool_limits

from benchmarks.common import Reference, parser, print_table, quiet, run_all, save
from benchmarks.multifidelity.kept_runs import (
    FRACTIONS,
    Run,
    add_high,
    add_run,
    drop_runs,
    load_high,
    load_runs,
)
from benchmarks.multifidelity.methods.ledger import BudgetSpentError, Ledger
from benchmarks.multifidelity.methods.registry import BOUNDS, METHODS, installed
from benchmarks.multifidelity.suites.problem import Params, Problem, Visit
from benchmarks.multifidelity.suites.registry import SUITES, problem_of
from benchmarks.multifidelity.summary import summarise

RUNNABLE = METHODS | BOUNDS
N_RANDOM = 100
REFERENCE_SEED = 10_000

Task = tuple[str, str, int]  # suite, method, seed


class Stopwatch:
    """The problem with a clock that runs while it is evaluated."""

    def __init__(self, problem: Problem) -> None:
        self.seconds = 0.0
        self._run = problem.run
        self.problem = replace(problem, run=self._timed)

    def _timed(self, params: Params, visit: Visit, *, start: int = 0, stop: int) -> float:
        began = time.process_time()
        outside = 0.0

        def visited(resource: int, loss: float) -> None:
            nonlocal outside
            entered = time.process_time()
            try:
                visit(resource, loss)
            finally:
                outside += time.process_time() - entered

        try:
            return self._run(params, visited, start=start, stop=stop)
        finally:
            self.seconds += time.process_time() - began - outside


def run_method(problem: Problem, method: str, seed: int) -> Run:
    """Let a method spend the budget of a problem."""
    watch = Stopwatch(problem)
    ledger = Ledger(problem, total=problem.n_full * problem.max_resource)
    began = time.process_time()
    with suppress(BudgetSpentError):
        RUNNABLE[method](watch.problem, ledger, seed)
    seconds = time.process_time() - began - watch.seconds
    found = [ledger.incumbent_at(share * ledger.total) for share in FRACTIONS]
    return Run(
        budget=ledger.total,
        best=[[spent, round(loss, 6)] for spent, loss in ledger.best],
        incumbents=[None if p is None else round(problem.final(p), 6) for p in found],
        configurations=ledger.n_configurations,
        seconds=round(seconds, 2),
    )


def do(task: Task, data: Path) -> tuple[Task, Run]:
    """One run, on one thread."""
    quiet()
    suite, method, seed = task
    with threadpool_limits(1):
        return task, run_method(problem_of(suite, data), method, seed)


def do_all(tasks: list[Task], given: argparse.Namespace) -> None:
    """Run what is missing, and keep each run as soon as it is there."""
    work = partial(do, data=given.data)
    for n, (task, run) in enumerate(run_all(work, tasks, given.jobs), start=1):
        add_run(*task, run)
        print(
            f"{n}/{len(tasks)} {' '.join(map(str, task))}: {run['best'][-1][1]:.6g}, "
            f"{run['configurations']} configurations, {run['seconds']:.1f} s",
            flush=True,
        )


def reference(problem: Problem) -> Reference:
    """What counts as a regret of 0 and of 1, by the runs there are now."""
    if problem.low is not None and problem.high is not None:
        return Reference(problem.low, problem.high)
    high = problem.high or load_high(problem.name)
    if high is None:
        high = median_of_random(problem)
        add_high(problem.name, high)
    runs = [run for method in METHODS for run in load_runs(problem.name, method).values()]
    return Reference(min([loss for run in runs for _, loss in run["best"]], default=0.0), high)


def median_of_random(problem: Problem) -> float:
    """What random configurations are worth in the end."""
    study = optuna.create_study(sampler=RandomSampler(seed=REFERENCE_SEED))
    trials = [study.ask() for _ in range(N_RANDOM)]
    return float(np.median([problem.final(problem.suggest(trial)) for trial in trials]))


def tables(given: argparse.Namespace) -> dict[str, list[dict[str, object]]]:
    """Rows of every suite asked for that has results, of all methods whose results are kept."""
    rows = {}
    for suite in given.suites:
        problem = problem_of(suite, given.data)
        runs = {method: load_runs(suite, method) for method in RUNNABLE}
        if any(runs.values()):  # else there is no need to train for the reference
            rows[suite] = summarise(runs, reference(problem), given.seeds, noisy=problem.noisy)
    return rows


def main() -> None:
    options = parser(__doc__ or "", "multifidelity/regret")
    options.add_argument("--suites", nargs="+", choices=SUITES, default=list(SUITES))
    options.add_argument("--methods", nargs="+", choices=list(RUNNABLE), default=installed())
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--jobs", type=int, default=1, help="processes, one thread each")
    options.add_argument(
        "--again", nargs="+", choices=list(RUNNABLE), default=[], help="drop their results first"
    )
    options.add_argument("--table", action="store_true", help="only print what is there")
    given = options.parse_args()
    quiet()
    if not given.table:
        for method in given.again:
            for suite in given.suites:
                drop_runs(suite, method)
        tasks = [
            (suite, method, seed)
            for suite in given.suites
            for seed in range(given.seeds)
            for method in given.methods
            if seed not in load_runs(suite, method)
        ]
        do_all(tasks, given)
    rows = tables(given)
    for suite, of_suite in rows.items():
        print(f"\n{suite}")
        print_table(of_suite)
    if not given.table:
        save(given.json, seeds=given.seeds, suites=rows)


if __name__ == "__main__":
    main()
