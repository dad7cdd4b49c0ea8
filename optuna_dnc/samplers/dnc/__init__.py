"""Bayesian optimization sampler of optuna_dnc."""

from __future__ import annotations

from optuna_dnc.samplers.dnc.sampler import DNCSampler

__all__ = ["DNCSampler"]
