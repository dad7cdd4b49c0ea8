"""The samplers that are compared: ours and their peers, each with its default settings."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from benchmarks.samplers.suites.problem import Problem
from optuna_dnc import DNCSampler

Maker = Callable[[Problem, int], BaseSampler]


def _botorch(problem: Problem, seed: int) -> BaseSampler:
    from optuna_integration import BoTorchSampler

    return BoTorchSampler(seed=seed)


def _smac(problem: Problem, seed: int) -> BaseSampler:
    from benchmarks.samplers.smac_peer import SMACSampler

    return SMACSampler(problem.suggest, seed=seed)


OURS: dict[str, Maker] = {
    "dnc": lambda problem, seed: DNCSampler(seed=seed),
    "dnc-published": lambda problem, seed: DNCSampler(preset="deep-n-cheap", seed=seed),
}
PEERS: dict[str, Maker] = {
    "random": lambda problem, seed: RandomSampler(seed=seed),
    "qmc": lambda problem, seed: QMCSampler(scramble=True, seed=seed),
    "tpe": lambda problem, seed: TPESampler(seed=seed),
    "tpe-group": lambda problem, seed: TPESampler(multivariate=True, group=True, seed=seed),
    "cma": lambda problem, seed: CmaEsSampler(seed=seed),
    "gp": lambda problem, seed: GPSampler(seed=seed),
    "smac": _smac,
    "botorch": _botorch,
}
SAMPLERS = OURS | PEERS
NEEDS = {"cma": ["cmaes"], "smac": ["smac"], "botorch": ["botorch", "optuna_integration"]}


def installed() -> list[str]:
    """Names of the samplers that can run here."""
    return [name for name in SAMPLERS if all(map(find_spec, NEEDS.get(name, [])))]
