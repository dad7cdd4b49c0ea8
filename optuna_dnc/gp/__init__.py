"""Gaussian process surrogate: kernels, regression, acquisition functions and their optimizer.

Arrays in, arrays out, no Optuna studies.
"""

from optuna_dnc.gp.expected_improvement import expected_improvement
from optuna_dnc.gp.gaussian_process import GaussianProcess
from optuna_dnc.gp.growth_ramp import GrowthRamp
from optuna_dnc.gp.layer_ramp import LayerRamp
from optuna_dnc.gp.mixture import KernelTerm, Mixture, default_terms
from optuna_dnc.gp.ramp import Ramp
from optuna_dnc.gp.ramp_kernel import ramp_distance, ramp_kernel
from optuna_dnc.gp.total_ramp import TotalRamp

__all__ = [
    "GaussianProcess",
    "GrowthRamp",
    "KernelTerm",
    "LayerRamp",
    "Mixture",
    "Ramp",
    "TotalRamp",
    "default_terms",
    "expected_improvement",
    "ramp_distance",
    "ramp_kernel",
]
