"""Suggestion of a parameter by its distribution."""

from __future__ import annotations

from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError


def suggest(trial: BaseTrial, name: str, distribution: BaseDistribution) -> Any:
    """Ask a trial for the value of a parameter of a distribution."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    if isinstance(distribution, IntDistribution):
        d = distribution
        return trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
    if isinstance(distribution, FloatDistribution):
        f = distribution
        return trial.suggest_float(name, f.low, f.high, step=f.step, log=f.log)
    raise InputError(f"{name!r} has the unknown distribution {distribution}; use suggest_*.")
