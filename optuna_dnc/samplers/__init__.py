"""Samplers for any Optuna study."""

from optuna_dnc.samplers.dnc import DNCSampler
from optuna_dnc.samplers.sobol_start import sobol_point

__all__ = ["DNCSampler", "sobol_point"]
