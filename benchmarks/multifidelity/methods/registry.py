"""All methods by name: ours and their peers, with their default settings (SMAC3: but one)."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from benchmarks.multifidelity.methods import optuna_methods, our_methods
from benchmarks.multifidelity.methods.ledger import Ledger
from benchmarks.multifidelity.methods.optuna_methods import Method
from benchmarks.multifidelity.suites.problem import Problem


def _smac(facade: str, problem: Problem, ledger: Ledger, seed: int) -> None:
    from benchmarks.multifidelity.methods.smac_methods import optimise

    optimise(facade, problem, ledger, seed)


_SMAC: dict[str, Method] = {
    "smac hyperband": partial(_smac, "HyperbandFacade"),
    "smac multi-fidelity": partial(_smac, "MultiFidelityFacade"),
}
METHODS: dict[str, Method] = {**our_methods.METHODS, **optuna_methods.METHODS, **_SMAC}
BOUNDS = our_methods.BOUNDS
"""What nobody can do; runs of these count in no regret and are made only when asked for."""


def installed() -> list[str]:
    """Names of the methods that can run here."""
    return [name for name in METHODS if name not in _SMAC or find_spec("smac")]
