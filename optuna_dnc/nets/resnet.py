"""Residual and wide residual networks: the search space and how to build one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from optuna.trial import BaseTrial
from pydantic import Field, field_validator
from typing_extensions import override

from optuna_dnc._limits import MOST_LAYERS, MOST_NODES
from optuna_dnc._validation import (
    Choices,
    FloatRange,
    Int,
    IntRange,
    Real,
    at_least,
    at_most,
    below,
)
from optuna_dnc.nets.cnn_config import check_is_image
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.layout import bytes_of_norms
from optuna_dnc.nets.resnet_config import (
    MOST_STAGES,
    ResNetConfig,
    n_macs,
    n_params,
    normalized_channels,
)
from optuna_dnc.nets.resnet_text import describe, source
from optuna_dnc.nets.source import NetworkSource
from optuna_dnc.space import CallbackTrial, highest_answer

if TYPE_CHECKING:
    from optuna_dnc.nets.resnet_module import ResNet

__all__ = ["ResNetConfig", "ResNetFamily", "build", "n_params", "suggest"]

Regulariser = Literal["none", "shake-shake", "shake-drop"]


class ResNetFamily(NetworkFamily):
    """Residual networks for a joint search, after Zela et al. (arXiv 1807.06906).

    As there, every stage has its own number of blocks, searched in the logarithm, and
    regularization is part of the network. One factor widens all stages, as in wide residual
    networks, where the paper gives each stage its own; its ranges, for days of GPUs, are
    ``blocks=(1, 16)`` and channels up to 32 * 8.
    """

    name: ClassVar[str] = "resnet"
    config_type: ClassVar[type[Any]] = ResNetConfig
    convolutional: ClassVar[bool] = True

    n_stages: Int = Field(default=3, ge=1, le=MOST_STAGES)
    """Stages, each with half the image's side and twice the channels of the one before."""
    channels: Int = Field(default=16, ge=1, le=MOST_NODES)
    """Output channels of the first convolution."""
    blocks: Annotated[IntRange, at_least(1), at_most(MOST_LAYERS)] = (1, 4)
    """Residual blocks of a stage."""
    widening: Annotated[IntRange, at_least(1), at_most(MOST_NODES)] = (1, 4)
    """Factor on the channels of every stage."""
    block: Choices[Literal["basic", "bottleneck"]] = ("basic", "bottleneck")
    """Kinds of blocks."""
    shortcut: Choices[Literal["projection", "pool"]] = ("projection", "pool")
    """Shortcuts where the shape changes."""
    dropout: Annotated[FloatRange, at_least(0), below(1)] = (0.0, 0.4)
    """Share of values dropped in each branch."""
    no_dropout_below: Real = Field(default=0.05, ge=0, lt=1)
    """Suggested shares under this are 0: they would cost time and change little."""
    regulariser: Choices[Regulariser] = ("none", "shake-shake", "shake-drop")
    """What shakes the branches."""
    death_rate: Annotated[FloatRange, at_least(0)] = (0.0, 1.0)
    """Of the last block; searched with shake-drop only."""

    @field_validator("death_rate")
    @classmethod
    def _at_most_always(cls, rates: tuple[float, float]) -> tuple[float, float]:
        if rates[1] > 1:
            raise ValueError("a death rate is at most 1")
        return rates

    @override
    def suggest_core(self, trial: BaseTrial) -> ResNetConfig:
        blocks = tuple(
            trial.suggest_int(f"blocks_{stage}", *self.blocks, log=True)
            for stage in range(self.n_stages)
        )
        widening = trial.suggest_int("widening", *self.widening, log=True)
        block = trial.suggest_categorical("block", self.block)
        shortcut = trial.suggest_categorical("shortcut", self.shortcut)
        dropout = trial.suggest_float("dropout", *self.dropout)
        regulariser = trial.suggest_categorical("regulariser", self.regulariser)
        death_rate = 0.0
        if regulariser == "shake-drop":
            death_rate = trial.suggest_float("death_rate", *self.death_rate)
        return ResNetConfig(
            blocks=blocks,
            widening=widening,
            channels=self.channels,
            block=block,
            shortcut=shortcut,
            dropout=dropout if dropout >= self.no_dropout_below else 0.0,
            regulariser=regulariser,
            death_rate=death_rate,
        )

    @override
    def build(self, config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> ResNet:
        return build(config, input_shape, n_outputs)

    @override
    def n_params(self, config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return n_params(config, input_shape, n_outputs)

    @override
    def n_macs(self, config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return n_macs(config, input_shape, n_outputs)

    @override
    def n_bytes(self, config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        parameters = n_params(config, input_shape, n_outputs)
        return 4 * parameters + bytes_of_norms(normalized_channels(config))

    @override
    def describe(self, config: ResNetConfig) -> str:
        return describe(config)

    @override
    def source(
        self, config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> NetworkSource:
        return source(config, input_shape, n_outputs)

    @override
    def check_input(self, input_shape: tuple[int, ...]) -> None:
        check_is_image(self.name, input_shape)

    def default_weight_decay(self, n_params: int) -> float:
        """Return 0 below a million parameters, else ``1e-11`` for each, as for CNNs."""
        return 0.0 if n_params < 1_000_000 else n_params * 1e-11

    def largest(self) -> ResNetConfig:
        """Return the largest network for ten classes of small color images."""
        return self.largest_for((3, 32, 32), 10)

    def largest_for(self, input_shape: tuple[int, ...], n_outputs: int) -> ResNetConfig:
        """Return the network with the most parameters.

        Which kind of blocks it has depends on depth and classes: the head of bottlenecks has four
        times as many inputs.
        """
        longest = self.suggest_core(CallbackTrial(highest_answer))
        kinds = product(self.block, self.shortcut, self.regulariser)
        candidates = [
            replace(longest, block=block, shortcut=shortcut, regulariser=regulariser)
            for block, shortcut, regulariser in kinds
        ]
        return max(candidates, key=lambda config: n_params(config, input_shape, n_outputs))


def suggest(trial: BaseTrial, **ranges: Any) -> ResNetConfig:
    """Suggest a residual network in any Optuna study.

    Args:
        trial: The trial to ask.
        **ranges: Fields of :class:`ResNetFamily`, such as ``widening=(1, 10)``.
    """
    config: ResNetConfig = ResNetFamily(**ranges).suggest(trial)
    return config


def build(config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> ResNet:
    """Build the network. See :meth:`NetworkFamily.build`."""
    from optuna_dnc.nets.blocks import he_normal_
    from optuna_dnc.nets.resnet_module import ResNet

    check_is_image(ResNetFamily.name, input_shape)
    network = ResNet(config, input_shape[0], n_outputs)
    he_normal_(network)
    return network
