"""What stopped trials are worth where reports are not in the units of the value, or no curve.

Synthetic problems of three parameters. ``MedianPruner`` stops trainings of 20 epochs whose
accuracy is reported on many scales, or at irregular steps; ``WilcoxonPruner`` the trials of 20
instances. Regret is that of the best trial that came to its end, after 50 and 60 trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import optuna
from optuna.pruners import MedianPruner, WilcoxonPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from benchmarks.common import parser, print_table, quiet, save
from optuna_dnc import DNCSampler

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "DNCSampler": lambda seed: DNCSampler(seed=seed),
    "TPESampler": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}
N_EPOCHS = 20
N_INSTANCES = 20
Scale = Callable[[float], float]
# Reported and returned, both of the accuracy.
SCALES: dict[str, tuple[Scale, Scale]] = {
    "equal units": (lambda a: a, lambda a: a),
    "100 * accuracy": (lambda a: 100 * a, lambda a: a),
    "squared / 100": (lambda a: (100 * a) ** 2 / 100, lambda a: a),
    "logarithm": (math.log, lambda a: a),
    "log odds": (lambda a: math.log(a / (1 - a)), lambda a: a),
    "negative inverse": (lambda a: -1 / a, lambda a: a),
    "sum, mean error returned": (lambda a: 2000 * (1 - a), lambda a: 1 - a),
    "log of the error returned": (lambda a: 1 - a, lambda a: math.log10(1 - a)),
    "log of the error": (lambda a: math.log10(1 - a), lambda a: math.log10(1 - a)),
}

IN_SECONDS = "equal units, steps in seconds"


def regret_on_curves(
    sampler: BaseSampler, scale: tuple[Scale, Scale], problem: int, *, in_seconds: bool = False
) -> float:
    """Regret in accuracy after 50 trials; steps are epochs, or the irregular seconds they took."""
    rng = np.random.default_rng(problem)
    optimum, weights = rng.uniform(0.15, 0.85, 3), rng.uniform(0.3, 1.0, 3)
    rate = rng.uniform(0.15, 0.5)

    def accuracy(x: np.ndarray, epoch: int) -> float:
        end = 0.95 - 0.35 * float(np.sum(weights * (x - optimum) ** 2))
        speed = rate / (0.8 + 0.7 * abs(x[0] - optimum[0]))
        return end - (end - 0.1) * math.exp(-speed * epoch)

    report, value = scale
    reached = 0.0

    def objective(trial: optuna.Trial) -> float:
        nonlocal reached
        x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(3)])
        clock = np.random.default_rng((trial.number, problem))
        ends = np.cumsum(clock.uniform(0.8, 1.6, N_EPOCHS)).astype(int).tolist()
        for epoch, seconds in enumerate(ends, start=1):
            trial.report(report(accuracy(x, epoch)), seconds if in_seconds else epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        reached = max(reached, accuracy(x, N_EPOCHS))
        return value(accuracy(x, N_EPOCHS))

    direction = "maximize" if value(0.9) > value(0.1) else "minimize"
    study = optuna.create_study(direction=direction, sampler=sampler, pruner=MedianPruner())
    study.optimize(objective, n_trials=50)
    return accuracy(optimum, N_EPOCHS) - reached


def regret_on_instances(sampler: BaseSampler, shuffled: bool, problem: int) -> float:
    """Regret in the mean over instances after 60 trials."""
    rng = np.random.default_rng(problem)
    optima = rng.uniform(0.2, 0.8, 3) + rng.normal(0, 0.12, (N_INSTANCES, 3))
    difficulty = rng.normal(0, 1, N_INSTANCES)
    weights = 1 + 0.3 * np.abs(difficulty)

    def losses(x: np.ndarray) -> np.ndarray:
        return np.asarray(weights * np.sum((x - optima) ** 2, axis=1) + difficulty)

    def objective(trial: optuna.Trial) -> float:
        x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(3)])
        order = rng.permutation(N_INSTANCES) if shuffled else np.arange(N_INSTANCES)
        for instance in order.tolist():
            trial.report(float(losses(x)[instance]), instance)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(losses(x).mean())

    study = optuna.create_study(sampler=sampler, pruner=WilcoxonPruner())
    study.optimize(objective, n_trials=60)
    return study.best_value - float(losses(np.average(optima, axis=0, weights=weights)).mean())


def main() -> None:
    options = parser(__doc__ or "", "samplers/partial_reports")
    options.add_argument("--problems", type=int, default=6)
    given = options.parse_args()
    quiet()
    rows: list[dict[str, object]] = []
    problems = range(given.problems)
    for name, scale in [*SCALES.items(), (IN_SECONDS, SCALES["equal units"])]:
        row: dict[str, object] = {"reports": name}
        for sampler, make in SAMPLERS.items():
            seconds = name == IN_SECONDS
            found = [regret_on_curves(make(p), scale, p, in_seconds=seconds) for p in problems]
            row[sampler] = float(np.mean(found))
        rows.append(row)
    for shuffled in (True, False):
        row = {"reports": f"instances, {'shuffled' if shuffled else 'in order'}"}
        for sampler, make in SAMPLERS.items():
            found = [regret_on_instances(make(p), shuffled, p) for p in problems]
            row[sampler] = float(np.mean(found))
        rows.append(row)
    print_table([{k: v if isinstance(v, str) else f"{v:.5f}" for k, v in r.items()} for r in rows])
    save(given.json, problems=given.problems, rows=rows)


if __name__ == "__main__":
    main()
