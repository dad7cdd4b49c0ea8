"""Network family: linear networks whose weight matrix has a low rank."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from optuna.trial import BaseTrial
from torch import nn

from optuna_dnc.nets import NetworkFamily


@dataclass(frozen=True)
class LowRankConfig:
    """A linear network whose weight matrix has a low rank."""

    rank: int


class LowRank(NetworkFamily):
    """Linear networks of a low rank."""

    name: ClassVar[str] = "low-rank"
    config_type: ClassVar[type[Any]] = LowRankConfig
    rank: tuple[int, int] = (1, 4)  # a range: --space rank=1:4

    def suggest_core(self, trial: BaseTrial) -> LowRankConfig:
        return LowRankConfig(trial.suggest_int("rank", *self.rank))

    def build(
        self, config: LowRankConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> nn.Module:
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(input_shape), config.rank, bias=False),
            nn.Linear(config.rank, n_outputs),
        )

    def describe(self, config: LowRankConfig) -> str:
        return f"A linear network of rank {config.rank}."
