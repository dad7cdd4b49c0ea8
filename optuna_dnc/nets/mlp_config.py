"""Configuration of multi-layer perceptrons."""

from __future__ import annotations

from dataclasses import dataclass, field

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._limits import MOST_MEMBERS
from optuna_dnc._names import UNNAMED_AT_DEFAULT
from optuna_dnc.nets.configs import ACTIVATIONS, whole_numbers
from optuna_dnc.nets.embedding import Embedding
from optuna_dnc.nets.input_encoding import InputEncoding

_NEWER = {UNNAMED_AT_DEFAULT: True}


@dataclass(frozen=True)
class MLPConfig:
    """One multi-layer perceptron: ``linear -> activation -> dropout`` a hidden layer, ``linear``.

    Without hidden layers there is nothing to activate or drop, so both options take one fixed
    value there: equal networks have equal configs.
    """

    widths: tuple[int, ...] = ()
    """Nodes of each hidden layer, from the input on; may be empty."""
    activation: str = "relu"
    """One of ``relu``, ``tanh``, ``sigmoid``."""
    dropout: float = 0.0
    """Share of the nodes dropped after each hidden layer in training, in [0, 1)."""
    encoding: str = field(default="none", metadata=_NEWER)
    """Encoding of numeric inputs: ``none``, ``piecewise`` or ``periodic``."""
    encoded: tuple[int, ...] = field(default=(), metadata=_NEWER)
    """Indices of the inputs that are encoded, ascending."""
    bins: tuple[int, ...] = field(default=(), metadata=_NEWER)
    """Number of bins of each of them; for ``piecewise`` only."""
    n_codes: tuple[int, ...] = field(default=(), metadata=_NEWER)
    """Number of codes of each of the last inputs, which are embedded."""
    members: int = field(default=1, metadata=_NEWER)
    """Number of such networks whose outputs are averaged."""
    single_logit: bool = field(default=False, metadata=_NEWER)
    """Whether the logit of the first of two classes is always 0, and the last layer has one
    output."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_codes", tuple(self.n_codes))
        embedding_of(self)
        object.__setattr__(self, "encoded", tuple(self.encoded))
        object.__setattr__(self, "bins", tuple(self.bins))
        encoding_of(self)  # raises where the fields do not fit together
        object.__setattr__(self, "widths", whole_numbers("widths", self.widths))
        whole("members", self.members, least=1, most=MOST_MEMBERS)
        if self.activation not in ACTIVATIONS:
            raise unknown_name("activation", self.activation, ACTIVATIONS)
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")
        if not self.widths:
            object.__setattr__(self, "activation", "relu")
            object.__setattr__(self, "dropout", 0.0)

    def __str__(self) -> str:
        ensemble = f"{self.members} of " if self.members > 1 else ""
        encoding = encoding_of(self).in_short()
        if not self.widths:
            return f"{ensemble}no hidden layer{encoding}"
        widths = "-".join(map(str, self.widths))
        return f"{ensemble}{widths} {self.activation}, dropout {self.dropout:g}{encoding}"


def width_of_output(config: MLPConfig, n_outputs: int) -> int:
    """Return the number of outputs of the last layer with weights."""
    return 1 if has_single_logit(config, n_outputs) else n_outputs


def has_single_logit(config: MLPConfig, n_outputs: int) -> bool:
    """Return whether the last layer computes the difference of two logits."""
    return config.single_logit and n_outputs == 2


def encoding_of(config: MLPConfig) -> InputEncoding:
    """Return the encoding of the inputs."""
    return InputEncoding(config.encoding, config.encoded, config.bins)


def embedding_of(config: MLPConfig) -> Embedding:
    """Return the embedding of the last inputs."""
    return Embedding(config.n_codes)


def after_embedding(config: MLPConfig, input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a sample after the embedding of its last inputs."""
    if not config.n_codes:
        return input_shape
    return (embedding_of(config).size(input_shape[0]),)
