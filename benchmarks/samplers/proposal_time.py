"""How long does a sampler itself take for a trial, by the number of finished trials?

Ten mixed parameters (four floats, one of them logarithmic, three ints, three categorical), a
smooth value, one core, in-memory storage. A trial is ask, ten suggests and tell. The first one
in a study is reported apart (cold): a sampler may have libraries to import or a history to read.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from optuna.trial import FrozenTrial, create_trial
from threadpoolctl import threadpool_limits

from benchmarks.common import parser, print_table, quiet, save
from optuna_dnc import DNCSampler

SAMPLERS: dict[str, Callable[[], BaseSampler]] = {
    "dnc": lambda: DNCSampler(seed=0),
    "dnc-published": lambda: DNCSampler(preset="deep-n-cheap", seed=0),
    "tpe": lambda: TPESampler(seed=0),
    "gp": lambda: GPSampler(seed=0),
}
SPACE: dict[str, BaseDistribution] = {
    "x0": FloatDistribution(0, 1),
    "x1": FloatDistribution(-5, 5),
    "x2": FloatDistribution(0, 10, step=0.5),
    "x3": FloatDistribution(1e-5, 1e-1, log=True),
    "n0": IntDistribution(1, 8),
    "n1": IntDistribution(16, 512, log=True),
    "n2": IntDistribution(0, 100),
    "c0": CategoricalDistribution(("a", "b")),
    "c1": CategoricalDistribution(("a", "b", "c")),
    "c2": CategoricalDistribution(("a", "b", "c", "d")),
}


def finished_trials(n: int) -> list[FrozenTrial]:
    """Random trials."""
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(n):
        params = {name: _drawn(distribution, rng) for name, distribution in SPACE.items()}
        trials.append(create_trial(params=params, distributions=SPACE, value=value(params)))
    return trials


def _drawn(distribution: BaseDistribution, rng: np.random.Generator) -> object:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[rng.integers(len(distribution.choices))]
    low, high = distribution.low, distribution.high
    if isinstance(distribution, IntDistribution):
        return int(rng.integers(low, high + 1))
    if distribution.step is not None:
        return low + distribution.step * int(rng.integers(round((high - low) / distribution.step)))
    return (
        math.exp(rng.uniform(math.log(low), math.log(high)))
        if distribution.log
        else (rng.uniform(low, high))
    )


def value(params: dict[str, object]) -> float:
    """A sum of squared distances from the middle, 0.3 for each choice after the first."""
    total = 0.0
    for name, distribution in SPACE.items():
        if isinstance(distribution, CategoricalDistribution):
            total += 0.3 * distribution.choices.index(params[name])
        else:
            low, high, at = distribution.low, distribution.high, params[name]
            if distribution.log:
                low, high, at = math.log(low), math.log(high), math.log(at)
            total += ((at - low) / (high - low) - 0.5) ** 2
    return total


def one_trial(study: optuna.Study) -> float:
    """Milliseconds of ask, suggest and tell."""
    start = time.perf_counter()
    trial = study.ask(SPACE)  # suggests as well
    asked = time.perf_counter()
    found = value(trial.params)
    evaluated = time.perf_counter()
    study.tell(trial, found)
    return 1e3 * (time.perf_counter() - evaluated + asked - start)


def main() -> None:
    options = parser(__doc__ or "", "samplers/proposal_time")
    options.add_argument("--samplers", nargs="+", choices=list(SAMPLERS), default=list(SAMPLERS))
    options.add_argument("--trials", type=int, nargs="+", default=[50, 200, 500, 1_000, 5_000])
    options.add_argument("--asks", type=int, default=10, help="timed trials, after the cold one")
    options.add_argument("--gp-most", type=int, default=1_000, help="no GPSampler beyond")
    given = options.parse_args()
    quiet()
    history = finished_trials(max(given.trials))
    rows = []
    with threadpool_limits(1):
        for name in given.samplers:
            for n in given.trials:
                if name == "gp" and n > given.gp_most:
                    continue
                study = optuna.create_study(sampler=SAMPLERS[name]())
                study.add_trials(history[:n])
                cold = one_trial(study)
                times = [one_trial(study) for _ in range(given.asks)]
                rows.append(
                    {
                        "sampler": name,
                        "trials": n,
                        "cold ms": cold,
                        "median ms": statistics.median(times),
                        "max ms": max(times),
                    }
                )
                print(*rows[-1].values(), flush=True)
    print_table(rows)
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
