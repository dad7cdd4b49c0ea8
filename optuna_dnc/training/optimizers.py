"""The optimizers by name."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from optuna_dnc.training.adam import FusedAdam
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.sgd import FusedSGD


def new_optimizer(
    config: TrainingConfig, parameters: Iterable[torch.Tensor]
) -> FusedAdam | FusedSGD:
    """The optimizer that ``config`` asks for, before its first step."""
    if config.optimizer == "sgd":
        return FusedSGD(
            parameters,
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
    return FusedAdam(parameters, lr=config.lr, weight_decay=config.weight_decay)
