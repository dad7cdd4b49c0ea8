"""Network that the checks use: a plain one of the family that a search would use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from optuna.distributions import BaseDistribution
from torch import nn

from optuna_dnc.checks.sampling import MOST
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.space import CallbackTrial, lowest_answer
from optuna_dnc.space.column import Column
from optuna_dnc.training import new_network


@dataclass(frozen=True)
class Candidate:
    """A network of a family, with prepared data."""

    family: NetworkFamily
    config: Any
    data: PreparedData
    """In random order: the first samples of a file are often all of one class."""

    @classmethod
    def of(cls, family: NetworkFamily, data: PreparedData, *, seed: int) -> Candidate:
        """Return the middle network of the family's core space, the smallest if convolutional.

        The middle convolutional network would train for minutes; for these checks the smallest
        does as well.
        """
        answer = lowest_answer if family.convolutional else _middle_answer
        generator = torch.Generator().manual_seed(seed)
        train, val = (_drawn(part, generator) for part in (data.train, data.val))
        config = family.suggest_core(CallbackTrial(answer))
        return cls(family, config, replace(data, train=train, val=val))

    def build(self, seed: int) -> nn.Module:
        """Return a new network on the data's device, with weights drawn from ``seed``."""
        return new_network(self.family, self.config, self.data, seed=seed)


def _drawn(samples: Samples, generator: torch.Generator) -> Samples:
    rows = torch.randperm(len(samples), generator=generator)[:MOST].to(samples.x.device)
    return Samples(samples.x[rows], samples.y[rows])


def _middle_answer(name: str, distribution: BaseDistribution) -> Any:
    column = Column(distribution)
    return column.decode(0.0 if column.is_categorical else column.last / 2)
