"""Samplers for Optuna studies."""

from optuna_dnc.samplers.bohb import BOHBSampler
from optuna_dnc.samplers.dnc import DNCSampler
from optuna_dnc.samplers.dnc.explanation import CheckedTrial, Explanation
from optuna_dnc.samplers.dnc.sobol_start import sobol_point
from optuna_dnc.samplers.registry import SamplerRequest, register_sampler

__all__ = [
    "BOHBSampler",
    "CheckedTrial",
    "DNCSampler",
    "Explanation",
    "SamplerRequest",
    "register_sampler",
    "sobol_point",
]
