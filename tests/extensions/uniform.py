"""Sampler: every value is drawn uniformly from its range."""

from optuna.samplers import BaseSampler, RandomSampler

from optuna_dnc.samplers import SamplerRequest


def uniform(request: SamplerRequest) -> BaseSampler:
    """Create the sampler of a stage."""
    return RandomSampler(seed=request.seed)
