"""Multi-layer perceptrons: the search space and the module."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from numpy.typing import NDArray
from optuna.trial import BaseTrial
from pydantic import Field
from typing_extensions import Self, override

from optuna_dnc._errors import unknown_name
from optuna_dnc._limits import MOST_LAYERS, MOST_NODES
from optuna_dnc._validation import (
    Choices,
    IntRange,
    Real,
    Some,
    Whole,
    at_least,
    at_most,
    below,
)
from optuna_dnc.gp import KernelTerm, LayerRamp, TotalRamp
from optuna_dnc.nets.configs import Activation
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.input_encoding import N_BINS, Encoding
from optuna_dnc.nets.mlp_config import (
    MLPConfig,
    after_embedding,
    describe,
    embedding_of,
    encoding_of,
    has_single_logit,
    source,
    width_of_output,
)
from optuna_dnc.nets.numeric_columns import numeric_columns
from optuna_dnc.nets.source import NetworkSource

if TYPE_CHECKING:
    from torch import nn


class MLPFamily(NetworkFamily):
    """The MLPs of Deep-n-Cheap, with every range open to the user."""

    name: ClassVar[str] = "mlp"
    config_type: ClassVar[type[Any]] = MLPConfig
    stackable: ClassVar[bool] = True
    ensembles: ClassVar[bool] = True
    learned: ClassVar[tuple[str, ...]] = ("numeric", "most_bins", "n_codes", "single_logit")

    n_layers: Annotated[IntRange, at_least(0), at_most(MOST_LAYERS)] = (0, 2)
    """Hidden layers."""
    width: Annotated[IntRange, at_least(1), at_most(MOST_NODES)] = (20, 400)
    """Nodes of a hidden layer."""
    log_width: bool = False
    """Whether nodes are searched in log10: the step from 5 to 10 counts as that from 50 to 100."""
    activation: Choices[Activation] = ("relu", "tanh", "sigmoid")
    """Choices of stage 2; the first is the one of stage 1."""
    dropout: Annotated[Choices[Real], at_least(0), below(1)] = (
        0.0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
    )
    """Choices of stage 2."""
    core_dropout: Real = Field(default=0.2, ge=0, lt=1)
    """Dropout of stage 1."""
    encoding: Choices[Encoding] = ("none", "piecewise-8", "piecewise-32", "periodic")
    """Choices of stage 2, for tables with numeric columns."""
    encoded_width: Annotated[Choices[Real], at_least(0), at_most(1)] = (1.0,)
    """Choices of stage 2 beside an encoding: factors of the nodes of hidden layers, 0 for none.
    Encoded inputs are many, and fewer nodes may do with them."""
    refinements: Some[Literal["activation", "dropout", "encoding"]] = (
        "activation",
        "dropout",
        "encoding",
    )
    numeric: tuple[Whole, ...] = ()
    """Indices of the numeric columns, from the data."""
    most_bins: tuple[Whole, ...] = ()
    """Largest number of bins of each of them, from the data."""
    n_codes: tuple[Whole, ...] = ()
    """Number of codes of each of the last inputs, from the data."""
    single_logit: bool = False
    """Whether the last layer has one output for two classes, from the data."""

    @override
    def embedding(self, n_codes: tuple[int, ...]) -> Self:
        return self.model_copy(update={"n_codes": n_codes})

    @override
    def for_classes(self, n_classes: int | None) -> Self:
        return self.model_copy(update={"single_logit": n_classes == 2})

    @override
    def suited_to(self, x: NDArray[Any]) -> Self:
        family = super().suited_to(x)
        if "encoding" not in family.refinements or family.encoding == ("none",):
            return family
        return family._with_columns_of(x)

    def _with_columns_of(self, x: NDArray[Any]) -> Self:
        """Return the family with the numeric columns of some data; images have none."""
        uncoded = x[:, : x.shape[1] - len(self.n_codes)]
        is_table = x.ndim == 2 and uncoded.size
        columns = numeric_columns(uncoded, max(N_BINS.values())) if is_table else {}
        return self.model_copy(
            update={"numeric": tuple(columns), "most_bins": tuple(columns.values())}
        )

    @override
    def moved_to(
        self, config: MLPConfig, x: NDArray[Any], n_codes: tuple[int, ...]
    ) -> tuple[Self, MLPConfig]:
        family = self.embedding(n_codes)
        config = replace(config, n_codes=n_codes, members=1, single_logit=self.single_logit)
        if config.encoding == "none":
            return family, config
        family = family._with_columns_of(x)
        if not family.numeric:
            return family, replace(config, encoding="none", encoded=(), bins=())
        bins = tuple(min(max(config.bins), most) for most in family.most_bins if config.bins)
        return family, replace(config, encoded=family.numeric, bins=bins)

    @override
    def suggest_core(self, trial: BaseTrial) -> MLPConfig:
        n_layers = trial.suggest_int("n_layers", *self.n_layers)
        widths = tuple(
            trial.suggest_int(f"width_{i}", *self.width, log=self.log_width)
            for i in range(n_layers)
        )
        return MLPConfig(
            widths,
            self.activation[0],
            self.core_dropout,
            n_codes=self.n_codes,
            single_logit=self.single_logit,
        )

    @override
    def suggest(self, trial: BaseTrial) -> MLPConfig:
        # Where all is searched together, widths follow the encoding anyway.
        family = self.model_copy(update={"encoded_width": (1.0,)})
        return NetworkFamily.suggest(family, trial)  # type: ignore[no-any-return]

    @override
    def refine(self, refinement: str, config: MLPConfig, trial: BaseTrial) -> MLPConfig:
        if refinement not in ("activation", "dropout", "encoding"):
            raise unknown_name("refinement", refinement, ("activation", "dropout", "encoding"))
        if refinement == "encoding":
            return self._encoded(config, trial)
        if not config.widths:
            return config
        if refinement == "activation":
            activation = trial.suggest_categorical("activation", self.activation)
            return replace(config, activation=activation)
        return replace(config, dropout=trial.suggest_categorical("dropout", self.dropout))

    def _encoded(self, config: MLPConfig, trial: BaseTrial) -> MLPConfig:
        if not self.numeric:
            return config
        encoding = trial.suggest_categorical("encoding", self.encoding)
        if encoding == "none":
            return replace(config, encoding="none", encoded=(), bins=())
        if config.widths and self.encoded_width != (1.0,):
            factor = trial.suggest_categorical("encoded_width", self.encoded_width)
            widths = tuple(max(round(factor * width), 1) for width in config.widths)
            config = replace(config, widths=widths if factor else ())
        if encoding == "periodic":
            return replace(config, encoding="periodic", encoded=self.numeric, bins=())
        bins = tuple(min(N_BINS[encoding], most) for most in self.most_bins)
        return replace(config, encoding="piecewise", encoded=self.numeric, bins=bins)

    @override
    def build(self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return build(config, input_shape, n_outputs)

    @override
    def with_members(self, config: MLPConfig, n_members: int) -> MLPConfig:
        return replace(config, members=n_members)

    @override
    def n_params(self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
        return n_params(config, input_shape, n_outputs)

    @override
    def n_macs(
        self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> int | None:
        if config.encoding != "none" or config.n_codes:
            return None
        outputs = width_of_output(config, n_outputs)
        sizes = (math.prod(input_shape), *config.widths, outputs)
        return config.members * sum(n_in * n_out for n_in, n_out in pairwise(sizes))

    @override
    def ranges_for(self, n_train: int, input_shape: tuple[int, ...]) -> Mapping[str, Any]:
        del n_train, input_shape
        return {
            "width": (4, 400),
            "log_width": True,
            "activation": ("relu", "tanh"),
            "dropout": (0.0, 0.1, 0.25, 0.5),
            "core_dropout": 0.0,
            "encoded_width": (1.0, 0.25, 0.0),
            "refinements": ("encoding", "activation", "dropout"),  # the first matters most
        }

    @override
    def n_bytes(
        self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> int | None:
        if config.encoding != "none" or config.n_codes:
            return None
        return 4 * n_params(config, input_shape, n_outputs)

    @override
    def kernel_terms(self, preset: str) -> tuple[KernelTerm, ...]:
        # The published kernel sees the total of the nodes alone and cannot tell (380, 20) from
        # (20, 380); the widths layer by layer mend that.
        published = TotalRamp("width")
        return (published,) if preset == "deep-n-cheap" else (published, LayerRamp("width"))

    @override
    def describe(self, config: MLPConfig) -> str:
        return describe(config)

    @override
    def source(
        self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int
    ) -> NetworkSource:
        return source(config, input_shape, n_outputs)


def suggest(trial: BaseTrial, **ranges: Any) -> MLPConfig:
    """Suggest an MLP in any Optuna study.

    Args:
        trial: The trial to ask.
        **ranges: Fields of :class:`MLPFamily`, such as ``n_layers=(1, 3)``.
    """
    return MLPFamily(**ranges).suggest(trial)


def build(config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
    """Build the network; images are flattened first. See :meth:`NetworkFamily.build`."""
    from optuna_dnc.nets.stacking import DeepEnsemble

    members = [_member(config, input_shape, n_outputs) for _ in range(config.members)]
    return DeepEnsemble(members) if len(members) > 1 else members[0]


def _member(config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> nn.Sequential:
    from torch import nn

    from optuna_dnc.nets.blocks import BinaryLogits, Dropout, activation_module, he_normal_

    embedding, encoding = embedding_of(config), encoding_of(config)
    embedded = after_embedding(config, input_shape)
    sizes = (encoding.size(embedded), *config.widths)
    layers: list[nn.Module] = [nn.Flatten()] if len(input_shape) > 1 else []
    layers += [*embedding.modules(), *encoding.modules(embedded[0])]
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation_module(config.activation)]
        if config.dropout:
            layers.append(Dropout(config.dropout))
    layers.append(nn.Linear(sizes[-1], width_of_output(config, n_outputs)))
    if has_single_logit(config, n_outputs):
        layers.append(BinaryLogits())
    network = nn.Sequential(*layers)
    he_normal_(network)
    return network


def n_params(config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """Count the trainable parameters without building the network."""
    encoding = encoding_of(config)
    inputs, outputs = after_embedding(config, input_shape), width_of_output(config, n_outputs)
    sizes = (encoding.size(inputs), *config.widths, outputs)
    before = embedding_of(config).n_params + encoding.n_params
    each = before + sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    return config.members * each
