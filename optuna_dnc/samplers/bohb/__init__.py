"""BOHB's sampler."""

from __future__ import annotations

from optuna_dnc.samplers.bohb.sampler import BOHBSampler

__all__ = ["BOHBSampler"]
