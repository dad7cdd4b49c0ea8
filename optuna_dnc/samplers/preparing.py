"""Samplers that can plan a trial before it begins."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from optuna.samplers import BaseSampler
from optuna.study import Study


@runtime_checkable
class PreparingSampler(Protocol):
    """A sampler that can plan the next trial of a study, as DNCSampler does."""

    def prepare(self, study: Study) -> None:
        """Plan the next trial; what is proposed stays the same."""
        ...


def prepare(sampler: BaseSampler, study: Study) -> None:
    """Have a sampler plan the next trial of a study, if it can."""
    if isinstance(sampler, PreparingSampler):
        sampler.prepare(study)
