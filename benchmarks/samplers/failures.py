"""How many trials fail, and is the optimum found, where a part of the space cannot be evaluated?

Boxes, strips, triangles, shells, networks that are too large, batches that do not fit into
memory, widths that are no multiple of the heads, or trials picked at random: some raise, others
return infinity or a penalty.
``DNCSampler`` against ``TPESampler``, 60 trials each: trials that worked among the first 20, the
second and the third 20, the distance of the best value to the optimum, and in how many studies the
optimum itself was tried where the space is a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler

from benchmarks.common import parser, print_table, save
from optuna_dnc import DNCSampler

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "DNCSampler": lambda seed: DNCSampler(seed=seed),
    "TPESampler": lambda seed: TPESampler(seed=seed),
}
N_TRIALS = 60
PENALTY = 1e6


class FailedError(Exception):
    """What an objective raises where it cannot be evaluated."""


@dataclass(frozen=True)
class Problem:
    """A function that fails in a part of its space."""

    objective: Callable[[optuna.Trial], float]
    optimum: float
    is_grid: bool = False


def failed() -> float:
    raise FailedError


def infinite() -> float:
    return math.inf


def penalized() -> float:
    return PENALTY


def box(fail: Callable[[], float]) -> Callable[[optuna.Trial], float]:
    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(2)]
        inside = all(0.3 < value < 0.3 + math.sqrt(0.1) for value in x)
        return sum((value - 0.5) ** 2 for value in x) if inside else fail()

    return objective


def strip(width: float) -> Callable[[optuna.Trial], float]:
    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(3)]
        inside = 0.6 < x[0] < 0.6 + width
        return x[0] - 0.6 + sum((v - 0.5) ** 2 for v in x[1:]) if inside else failed()

    return objective


def diverging(trial: optuna.Trial) -> float:
    log_lr, width = trial.suggest_float("log_lr", -6, 0), trial.suggest_int("width", 1, 100)
    return math.inf if log_lr > -4 else 0.9 - log_lr / 60 + width / 1000


def networks(trial: optuna.Trial) -> float:
    n_layers = trial.suggest_int("n_layers", 1, 4)
    widths = [trial.suggest_int(f"w{i}", 16, 512, log=True) for i in range(n_layers)]
    return failed() if math.prod(widths) > 16**3 else -math.log(math.prod(widths))


def triangle(trial: optuna.Trial) -> float:
    a, b = (trial.suggest_float(name, 0, 9) for name in "ab")
    return failed() if b > a else -(a + b)


def at_random(share: float) -> Callable[[optuna.Trial], float]:
    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(name, 0, 1) for name in "xy"]
        if np.random.default_rng((trial.number, 1)).random() < share:
            raise FailedError
        return math.dist(x, (0.3, 0.7))

    return objective


def memory(limit: int, of_width: float, of_batch: float) -> Problem:
    """Batches and widths in steps of 16, whose product is limited."""

    def value(batch: int, width: int) -> float:
        return -of_width * math.log(width) - of_batch * math.log(batch)

    def objective(trial: optuna.Trial) -> float:
        batch = trial.suggest_int("batch", 16, 256, step=16)
        width = trial.suggest_int("width", 16, 512, step=16)
        return failed() if batch * width > limit else value(batch, width)

    grid = [(b, w) for b in range(16, 257, 16) for w in range(16, 513, 16) if b * w <= limit]
    return Problem(objective, min(value(*both) for both in grid), is_grid=True)


def ball(trial: optuna.Trial) -> float:
    x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(6)])
    return penalized() if np.linalg.norm(x - 0.4) > 0.55 else float(np.sum((x - 0.7) ** 2))


def shell(trial: optuna.Trial) -> float:
    x = [trial.suggest_float(f"x{i}", -1, 1) for i in range(3)]
    return x[0] + x[1] / 2 if 0.6 < math.hypot(*x) < 0.85 else failed()


def limited_sum(trial: optuna.Trial) -> float:
    x = [trial.suggest_int(f"n{i}", 0, 20) for i in range(4)]
    return penalized() if sum(x) > 30 else -(x[0] + 2 * x[1] + x[2] + x[3] / 2)


def heads(trial: optuna.Trial) -> float:
    width = trial.suggest_int("width", 32, 256, step=8)
    n_heads = trial.suggest_int("heads", 1, 12)
    return failed() if width % n_heads else abs(width - 180) / 100 + abs(n_heads - 7) / 4


def groups(trial: optuna.Trial) -> float:
    channels, n_groups = trial.suggest_int("channels", 1, 96), trial.suggest_int("groups", 1, 8)
    if channels % n_groups:
        raise FailedError
    return ((channels - 70) / 40) ** 2 + ((n_groups - 5) / 4) ** 2


def odd_kernels(trial: optuna.Trial) -> float:
    size, stride = trial.suggest_int("kernel", 1, 15), trial.suggest_int("stride", 1, 6)
    log_lr = math.log10(trial.suggest_float("lr", 1e-4, 1, log=True))
    if size % 2 == 0:
        raise FailedError
    return (size - 9) ** 2 / 40 + (stride - 2) ** 2 / 10 + 0.3 * (log_lr + 2) ** 2


PROBLEMS = {
    "box of 10 %, raises": Problem(box(failed), 0.0),
    "box of 10 %, infinite": Problem(box(infinite), 0.0),
    "strip of 15 %": Problem(strip(0.15), 0.0),
    "strip of 4 %": Problem(strip(0.04), 0.0),
    "diverges above an edge": Problem(diverging, 0.9 + 4 / 60 + 1 / 1000),
    "networks too large": Problem(networks, -math.log(16**3)),
    "triangle": Problem(triangle, -18.0),
    "shell": Problem(shell, -0.85 * math.sqrt(1.25)),
    "ball in six dimensions, 1e6": Problem(ball, 6 * (0.3 - 0.55 / math.sqrt(6)) ** 2),
    "limited sum of integers, 1e6": Problem(limited_sum, -50.0, is_grid=True),
    "heads divide the width": Problem(heads, 0.12, is_grid=True),
    "groups divide the channels": Problem(groups, 0.0, is_grid=True),
    "odd kernels": Problem(odd_kernels, 0.0),
    "half fail at random": Problem(at_random(0.5), 0.0),
    "70 % fail at random": Problem(at_random(0.7), 0.0),
    "85 % fail at random": Problem(at_random(0.85), 0.0),
    **{
        f"memory {limit}, weights {w} {b}": memory(limit, w, b)
        for limit in (4096, 8192, 16384)
        for w, b in ((1.0, 0.3), (0.3, 1.0), (0.7, 0.5))
    },
}


def run(problem: Problem, sampler: BaseSampler) -> tuple[list[int], float]:
    """Trials that worked by twenties, and the distance of the best to the optimum."""
    study = optuna.create_study(sampler=sampler)
    study.optimize(problem.objective, n_trials=N_TRIALS, catch=(FailedError,))
    works = [t.value is not None and t.value < PENALTY for t in study.trials]
    values = [t.value for t, fine in zip(study.trials, works, strict=True) if fine]
    distance = min(values, default=math.inf) - problem.optimum
    return [sum(works[first : first + 20]) for first in range(0, N_TRIALS, 20)], distance


def main() -> None:
    options = parser(__doc__ or "", "samplers/failures")
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--problems", nargs="+", choices=PROBLEMS, default=[*PROBLEMS])
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    rows: list[dict[str, Any]] = []
    for name in given.problems:
        problem = PROBLEMS[name]
        for sampler, new in SAMPLERS.items():
            found = [run(problem, new(seed)) for seed in range(given.seeds)]
            works = np.mean([by_twenties for by_twenties, _ in found], axis=0)
            distances = [distance for _, distance in found]
            n_tried = sum(distance < 1e-9 for distance in distances)
            rows.append(
                {
                    "problem": name,
                    "sampler": sampler,
                    "work 0-19": float(works[0]),
                    "work 20-39": float(works[1]),
                    "work 40-59": float(works[2]),
                    "distance": float(np.median(distances)),
                    "optimum tried": f"{n_tried} of {given.seeds}" if problem.is_grid else "-",
                }
            )
        print(name, flush=True)
    print_table(rows)
    save(given.json, seeds=given.seeds, trials=N_TRIALS, problems=rows)


if __name__ == "__main__":
    main()
