"""What a proposal takes where the cores are busy with something else.

Each sampler proposes 10 mixed parameters, trial after trial, while as many processes as there are
cores multiply matrices. "several threads" is DNCSampler with the linear algebra left as NumPy and
SciPy have it, on all cores. The median of the wall time of a trial (ask, ten suggests, tell), in
milliseconds, over trials 20 to 60; samplers take turns, and the median of the rounds counts.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from unittest import mock

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler, TPESampler

from benchmarks.common import parser, print_table, save
from optuna_dnc import DNCSampler
from optuna_dnc.samplers.dnc import sampler as dnc_sampler

N_TRIALS = 60
FIRST_TIMED = 20


def suggest(trial: optuna.Trial) -> float:
    """Ten mixed parameters, and a smooth value of them."""
    floats = [trial.suggest_float(f"x{i}", 0.0, 1.0) for i in range(6)]
    whole = [trial.suggest_int(f"n{i}", 1, 100, log=True) for i in range(2)]
    kinds = [trial.suggest_categorical(f"c{i}", ["a", "b", "c"]) for i in range(2)]
    return sum((x - 0.3) ** 2 for x in floats) + sum(whole) / 1000 + 0.1 * kinds.count("b")


def milliseconds(sampler: BaseSampler) -> float:
    """Median wall time of a trial."""
    study = optuna.create_study(sampler=sampler)
    taken = []
    for _ in range(N_TRIALS):
        began = time.perf_counter()
        trial = study.ask()
        study.tell(trial, suggest(trial))
        taken.append(1e3 * (time.perf_counter() - began))
    return float(np.median(taken[FIRST_TIMED:]))


def on_several_threads(seed: int) -> float:
    with mock.patch.object(dnc_sampler, "one_thread", nullcontext):
        return milliseconds(DNCSampler(seed=seed))


METHODS: dict[str, Callable[[int], float]] = {
    "DNCSampler": lambda seed: milliseconds(DNCSampler(seed=seed)),
    "DNCSampler, several threads": on_several_threads,
    "TPESampler": lambda seed: milliseconds(TPESampler(seed=seed)),
    "GPSampler": lambda seed: milliseconds(GPSampler(seed=seed)),
}


def burn() -> None:
    """Keep one core busy."""
    matrix = np.random.default_rng(0).normal(size=(200, 200))
    while True:
        matrix = matrix @ matrix / 200


@contextmanager
def busy(n_processes: int) -> Iterator[None]:
    """That many processes at work, each on one thread."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=burn, daemon=True) for _ in range(n_processes)]
    for worker in workers:
        worker.start()
    if before is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = before
    try:
        time.sleep(2.0)  # until all of them compute
        yield
    finally:
        for worker in workers:
            worker.kill()


def rows(n_rounds: int, n_cores: int) -> list[dict[str, object]]:
    """One row a method: beside idle cores and beside busy ones."""
    times: dict[str, list[list[float]]] = {name: [[], []] for name in METHODS}
    for seed in range(n_rounds):
        for place, load in enumerate((nullcontext(), busy(n_cores))):
            with load:
                for name, method in METHODS.items():
                    times[name][place].append(method(seed))
    return [
        {"sampler": name, "idle, ms": float(np.median(idle)), "busy, ms": float(np.median(loaded))}
        for name, (idle, loaded) in times.items()
    ]


def main() -> None:
    options = parser(__doc__ or "", "samplers/busy_cores")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    n_cores = os.cpu_count() or 1
    found = rows(given.rounds, n_cores)
    print_table(found)
    save(given.json, cores=n_cores, rounds=given.rounds, rows=found)


if __name__ == "__main__":
    main()
