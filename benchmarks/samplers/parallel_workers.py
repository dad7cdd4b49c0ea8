"""Does our sampler lose anything when eight workers share a study?

Workers are simulated, so that only what the sampler sees differs: each trial takes a random time,
and whichever of the eight running ones ends first is told and followed by a new one. The regret
after as many finished trials is held against one worker's on the same problems and seeds, and
against one worker's after seven trials fewer (late): each proposal of eight workers lacks the
results of seven running trials. ``TPESampler`` is run likewise.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler
from threadpoolctl import threadpool_limits

from benchmarks.common import parser, print_table, quiet, save
from benchmarks.samplers.kept_runs import load_references
from benchmarks.samplers.suites import jenatton, mixint, tables
from benchmarks.samplers.suites.problem import Problem
from optuna_dnc import DNCSampler

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "dnc": lambda seed: DNCSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed),
}
MIXINT = ("f04-d05", "f09-d10", "f13-d05", "f19-d10")


def run(problem: Problem, sampler: BaseSampler, n_workers: int, n_trials: int) -> tuple[list, int]:
    """Return the values in the order in which trials ended, and how many points came twice."""
    study = optuna.create_study(sampler=sampler)
    clock = np.random.default_rng(0)
    running: list[tuple[float, int, optuna.Trial, float]] = []
    values: list[float] = []
    points = []
    now = 0.0
    while len(values) < n_trials:
        while len(running) < n_workers:
            trial = study.ask()
            params = problem.suggest(trial)
            points.append(tuple(sorted(params.items())))
            ends = now + clock.uniform(0.5, 1.5)
            heapq.heappush(running, (ends, trial.number, trial, problem.evaluate(params)))
        now, _, trial, value = heapq.heappop(running)
        study.tell(trial, value)
        values.append(value)
    return values, len(points) - len(set(points))


def main() -> None:
    options = parser(__doc__ or "", "samplers/parallel_workers")
    options.add_argument("--samplers", nargs="+", choices=list(SAMPLERS), default=list(SAMPLERS))
    options.add_argument("--workers", type=int, default=8)
    options.add_argument("--trials", type=int, default=200)
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    quiet()
    references = load_references()
    problems = [p for p in mixint.problems(given.data) if p.name in MIXINT]
    problems += [*tables.problems(given.data), *jenatton.problems(given.data)]
    budgets = np.array([n for n in (30, 60, 100, 200) if n <= given.trials])
    late = given.workers - 1
    rows = []
    for name in given.samplers:
        regrets: dict[tuple[int, int], list[np.ndarray]] = defaultdict(list)
        twice: Counter[int] = Counter()
        for problem in problems:
            reference = references[problem.suite, problem.name]
            for seed in range(given.seeds):
                for n_workers in (1, given.workers):
                    with threadpool_limits(1):
                        sampler = SAMPLERS[name](seed)
                        values, again = run(problem, sampler, n_workers, given.trials)
                    twice[n_workers] += again
                    best = np.minimum.accumulate(values)
                    for behind in (0, late) if n_workers == 1 else (0,):
                        reached = best[budgets - 1 - behind]
                        regret = reference.regret(reached, log=problem.log_regret)
                        regrets[n_workers, behind].append(regret)
        for (n_workers, behind), of in regrets.items():
            means = np.mean(of, axis=0)
            row: dict[str, object] = {"sampler": name, "workers": n_workers, "late": behind}
            row |= {f"regret {n}": float(m) for n, m in zip(budgets, means, strict=True)}
            rows.append({**row, "points that came twice": twice[n_workers]})
            print_table([rows[-1]])
    print_table(rows)
    save(given.json, problems=[p.name for p in problems], seeds=given.seeds, rows=rows)


if __name__ == "__main__":
    main()
