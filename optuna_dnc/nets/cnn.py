"""Convolutional networks: the search space and how to build one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from optuna.trial import BaseTrial
from pydantic import Field, field_validator, model_validator
from typing_extensions import override

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._limits import MOST_LAYERS, MOST_NODES
from optuna_dnc._validation import (
    Choices,
    FloatRange,
    Int,
    IntRange,
    Real,
    Some,
    at_least,
    at_most,
    below,
)
from optuna_dnc.gp import GrowthRamp, KernelTerm
from optuna_dnc.nets.cnn_config import (
    CNNConfig,
    check_is_image,
    check_shapes,
    n_macs,
    n_params,
    normalized_channels,
    standard_config,
    suited_ranges,
)
from optuna_dnc.nets.cnn_text import describe, source
from optuna_dnc.nets.configs import Activation
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.layout import (
    DOWNSAMPLE_ABOVE,
    bytes_of_norms,
    grow_channels,
    halvings,
    shortcut_starts,
    spread_late,
)
from optuna_dnc.nets.source import NetworkSource

if TYPE_CHECKING:
    from optuna_dnc.nets.cnn_module import ConvNet

__all__ = ["CNNConfig", "CNNFamily", "build", "n_params", "standard_config", "suggest"]

LARGEST_KERNEL = 999
"""Side in pixels."""

Fractions = Annotated[Choices[Real], at_least(0)]
Refinement = Literal["activation", "downsampling", "batch_norm", "dropout", "shortcuts"]
Probabilities = Annotated[Choices[Real], at_least(0), below(1)]


class CNNFamily(NetworkFamily):
    """The CNNs of Deep-n-Cheap, with every range open to the user.

    The channels of a layer are those of the one before times ``growth_i``, rounded: a
    parameter whose range never changes, which every Optuna sampler can model, where the
    original draws channels from a range that depends on the layer before.
    """

    name: ClassVar[str] = "cnn"
    config_type: ClassVar[type[Any]] = CNNConfig
    convolutional: ClassVar[bool] = True

    n_layers: Annotated[IntRange, at_least(1), at_most(MOST_LAYERS)] = (4, 16)
    """Conv layers."""
    channels: Annotated[IntRange, at_least(1), at_most(MOST_NODES)] = (16, 64)
    """Output channels of the first layer."""
    growth: Annotated[FloatRange, at_least(1), at_most(MOST_NODES)] = (1.0, 2.0)
    """Channels of a layer over those of the one before."""
    downsample_above: Annotated[Choices[Int], at_least(0)] = DOWNSAMPLE_ABOVE
    """Channels above which the image is halved, once each, ascending."""
    n_halvings: Annotated[Int, Field(ge=0, le=MOST_LAYERS)] | None = None
    """Number of halvings of the image, spread over the layers after the first; None for
    ``downsample_above``."""
    max_channels: Int = Field(default=512, ge=1, le=MOST_NODES)
    """No layer has more channels."""
    kernel_size: Annotated[Choices[Int], at_least(1), at_most(LARGEST_KERNEL)] = (3,)
    """Odd kernel sides; with more than one, every layer's is searched in the core."""
    activation: Choices[Activation] = ("relu", "tanh", "sigmoid")
    """Choices of stage 2; the first is the one of stage 1."""
    downsampling: Choices[Literal["pool", "stride"]] = ("pool", "stride")
    """Choices at each place where the image is halved."""
    batch_norm: Fractions = (0.0, 0.25, 0.5, 0.75, 1.0)
    """Shares of the layers that have batch norm."""
    dropout_share: Fractions = (0.0, 0.25, 0.5, 0.75, 1.0)
    """Shares of the layers that have dropout."""
    first_dropout: Probabilities = (0.1, 0.2)
    """Drop probabilities after the first layer."""
    dropout: Probabilities = (0.15, 0.3, 0.45)
    """Drop probabilities after the other layers."""
    shortcuts: Annotated[Choices[Int], at_least(0), at_most(MOST_LAYERS)] = (0, 4, 2)
    """Distances between the layers where shortcuts start; 0 means none."""
    core_first_dropout: Real = Field(default=0.1, ge=0, lt=1)
    """Drop probability after the first layer in stage 1."""
    core_dropout: Real = Field(default=0.3, ge=0, lt=1)
    """Drop probability after the other layers in stage 1."""
    refinements: Some[Refinement] = (
        "activation",
        "downsampling",
        "batch_norm",
        "dropout",
        "shortcuts",
    )

    @field_validator("kernel_size")
    @classmethod
    def _odd_and_ascending(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if any(size % 2 == 0 for size in sizes):
            raise ValueError("kernel sizes must be odd, so that padding keeps the image's size")
        return tuple(sorted(sizes))

    @field_validator("batch_norm", "dropout_share")
    @classmethod
    def _at_most_all(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        if any(fraction > 1 for fraction in fractions):
            raise ValueError("a share of the layers is at most 1")
        return fractions

    @model_validator(mode="after")
    def _room_to_grow(self) -> CNNFamily:
        if self.max_channels < self.channels[1]:
            raise ValueError(
                f"max_channels {self.max_channels} is below the first layer's channels "
                f"{self.channels}; lower those or raise max_channels"
            )
        return self

    @override
    def suggest_core(self, trial: BaseTrial) -> CNNConfig:
        n_layers = trial.suggest_int("n_layers", *self.n_layers)
        channels = [trial.suggest_int("channels", *self.channels)]
        for i in range(1, n_layers):
            growth = trial.suggest_float(f"growth_{i}", *self.growth)
            channels.append(grow_channels(channels[-1], growth, self.max_channels))
        kernel_sizes = [
            trial.suggest_categorical(f"kernel_{i}", self.kernel_size)
            if len(self.kernel_size) > 1
            else self.kernel_size[0]
            for i in range(n_layers)
        ]
        return standard_config(
            channels,
            kernel_sizes=kernel_sizes,
            activation=self.activation[0],
            first_dropout=self.core_first_dropout,
            dropout=self.core_dropout,
            downsample_above=self.downsample_above,
            n_halvings=self.n_halvings,
        )

    @override
    def refine(self, refinement: str, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        steps = {
            "activation": self._refine_activation,
            "downsampling": self._refine_downsampling,
            "batch_norm": self._refine_batch_norm,
            "dropout": self._refine_dropout,
            "shortcuts": self._refine_shortcuts,
        }
        if refinement not in steps:
            raise unknown_name("refinement", refinement, steps)
        return steps[refinement](config, trial)

    def _refine_activation(self, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        activation = trial.suggest_categorical("activation", self.activation)
        return replace(config, activation=activation)

    def _refine_downsampling(self, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        kinds = list(config.downsampling)
        places = [layer for layer, kind in enumerate(kinds) if kind != "none"]
        for number, layer in enumerate(places):
            kinds[layer] = trial.suggest_categorical(f"downsampling_{number}", self.downsampling)
        return replace(config, downsampling=tuple(kinds))

    def _refine_batch_norm(self, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        share = trial.suggest_categorical("batch_norm", self.batch_norm)
        return replace(config, batch_norm=spread_late(len(config.channels), share))

    def _refine_dropout(self, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        share = trial.suggest_categorical("dropout_share", self.dropout_share)
        first, *others = spread_late(len(config.channels), share)
        p_first = p_other = 0.0
        if first:
            p_first = trial.suggest_categorical("first_dropout", self.first_dropout)
        if any(others):
            p_other = trial.suggest_categorical("dropout", self.dropout)
        return replace(config, dropout=(p_first, *(p_other * placed for placed in others)))

    def _refine_shortcuts(self, config: CNNConfig, trial: BaseTrial) -> CNNConfig:
        every = trial.suggest_categorical("shortcuts", self.shortcuts)
        return replace(config, shortcuts=shortcut_starts(len(config.channels), every))

    @override
    def build(self, config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> ConvNet:
        return build(config, input_shape, n_outputs)

    @override
    def n_params(self, config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return n_params(config, input_shape, n_outputs)

    @override
    def n_macs(self, config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return n_macs(config, input_shape, n_outputs)

    @override
    def n_bytes(self, config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        parameters = n_params(config, input_shape, n_outputs)
        return 4 * parameters + bytes_of_norms(normalized_channels(config))

    @override
    def ranges_for(self, n_train: int, input_shape: tuple[int, ...]) -> Mapping[str, Any]:
        check_is_image(self.name, input_shape)
        given = self.channels[1] if "channels" in self.model_fields_set else None
        ranges = suited_ranges(n_train, input_shape, widest=given)
        if "downsample_above" in self.model_fields_set:
            del ranges["n_halvings"]
        return ranges

    @override
    def kernel_terms(self, preset: str) -> tuple[KernelTerm, ...]:
        del preset
        return (
            GrowthRamp(
                length="n_layers", first="channels", growth="growth", maximum=self.max_channels
            ),
        )

    @override
    def describe(self, config: CNNConfig) -> str:
        return describe(config)

    @override
    def source(
        self, config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> NetworkSource:
        return source(config, input_shape, n_outputs)

    @override
    def check_input(self, input_shape: tuple[int, ...]) -> None:
        check_is_image(self.name, input_shape)
        height, width = input_shape[1:]
        most = halvings(min(height, width))
        if self.n_halvings is not None:
            if min(self.n_halvings, self.n_layers[1] - 1) > most:
                raise InputError(
                    f"n_halvings must be at most {most} for images of {height} x {width}, got "
                    f"{self.n_halvings}: they are too small to be halved more often."
                )
            return
        widest = max(self.largest().channels)
        # Limits that the first layer passes already share one place, before that layer.
        limits = self.downsample_above
        passed = {max(limit, self.channels[0] - 1) for limit in limits if limit < widest}
        most_halvings = min(len(passed), self.n_layers[1])
        if most_halvings > most:
            raise InputError(
                f"network 'cnn' is too deep for images of {height} x {width}: networks of up to "
                f"{widest} channels halve them up to {most_halvings} times (once each above "
                f"{', '.join(map(str, limits))} channels). Lower max_channels to at "
                f"most {limits[most]}, or choose network 'mlp'."
            )

    def default_weight_decay(self, n_params: int) -> float:
        """Return 0 below a million parameters, else ``1e-11`` for each, as in Deep-n-Cheap."""
        return 0.0 if n_params < 1_000_000 else n_params * 1e-11


def suggest(trial: BaseTrial, **ranges: Any) -> CNNConfig:
    """Suggest a CNN in any Optuna study.

    Args:
        trial: The trial to ask.
        **ranges: Fields of :class:`CNNFamily`, such as ``n_layers=(2, 4)``.
    """
    config: CNNConfig = CNNFamily(**ranges).suggest(trial)
    return config


def build(config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> ConvNet:
    """Build the network, after a check of every shape. See :meth:`NetworkFamily.build`."""
    from optuna_dnc.nets.blocks import he_normal_
    from optuna_dnc.nets.cnn_module import ConvNet

    check_shapes(config, input_shape)
    network = ConvNet(config, input_shape[0], n_outputs)
    he_normal_(network)
    return network
