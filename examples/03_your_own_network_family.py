"""A network family of your own in a staged search: residual MLPs.

Say what one network is (a frozen dataclass), how to suggest one, and how to build it. The search
does the rest: start-up points, the kernels, the baseline of the cost, resuming, saving.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from optuna.trial import BaseTrial
from torch import nn

from optuna_dnc import SearchResult, StagedSearch
from optuna_dnc.nets import NetworkFamily


@dataclass(frozen=True)
class ResidualConfig:
    """One residual MLP."""

    width: int
    n_blocks: int
    norm: bool = True

    def __str__(self) -> str:
        return f"{self.n_blocks} blocks of {self.width}, norm {'on' if self.norm else 'off'}"


class Block(nn.Module):
    """``x + linear(relu(norm(x)))``."""

    def __init__(self, width: int, norm: bool) -> None:
        super().__init__()
        layers = [nn.LayerNorm(width)] if norm else []
        self.branch = nn.Sequential(*layers, nn.ReLU(), nn.Linear(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.branch(x)


class ResidualMLPs(NetworkFamily):
    """The fields without ``ClassVar`` are the ranges, and can be set when it is created."""

    name: ClassVar[str] = "residual-mlp"
    config_type: ClassVar[type[Any]] = ResidualConfig
    refinements: tuple[str, ...] = ("norm",)
    width: tuple[int, int] = (8, 64)
    n_blocks: tuple[int, int] = (1, 4)

    def suggest_core(self, trial: BaseTrial) -> ResidualConfig:
        return ResidualConfig(
            width=trial.suggest_int("width", *self.width, log=True),
            n_blocks=trial.suggest_int("n_blocks", *self.n_blocks),
        )

    def refine(self, refinement: str, config: ResidualConfig, trial: BaseTrial) -> ResidualConfig:
        return replace(config, norm=trial.suggest_categorical("norm", [True, False]))

    def build(
        self, config: ResidualConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> nn.Module:
        n_inputs = torch.Size(input_shape).numel()
        blocks = [Block(config.width, config.norm) for _ in range(config.n_blocks)]
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(n_inputs, config.width),
            *blocks,
            nn.Linear(config.width, n_outputs),
        )


with tempfile.TemporaryDirectory() as folder:
    family = ResidualMLPs(width=(8, 32))
    out = Path(folder) / "residual"
    StagedSearch(
        "digits", network=family, wc=0.5, epochs=6, n_startup_trials=4, n_steps=2, out=out
    ).run()
    best = SearchResult.load(out, family=family).best
    print(f"{best.config}: test accuracy {best.test_accuracy:.3f}, {best.n_params:,} parameters")
