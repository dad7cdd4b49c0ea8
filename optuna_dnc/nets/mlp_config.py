"""Configuration of multi-layer perceptrons, with their description and source."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._limits import MOST_MEMBERS
from optuna_dnc._markdown import counted, listed
from optuna_dnc._names import UNNAMED_AT_DEFAULT
from optuna_dnc.nets.configs import ACTIVATION_WORDS, ACTIVATIONS, whole_numbers
from optuna_dnc.nets.input_encoding import Embedding, InputEncoding
from optuna_dnc.nets.source import NetworkSource, ensemble_source

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


def describe(config: MLPConfig) -> str:
    """Describe a network. See :meth:`NetworkFamily.describe`."""
    widths = config.widths
    inputs = encoding_of(config).describe() + embedding_of(config).describe()
    if config.members > 1:
        each = describe(replace(config, members=1))
        return f"An ensemble: the mean of the outputs of {config.members} equal networks. {each}"
    if not widths:
        return f"A linear model: an MLP without hidden layers.{inputs}"
    activation = ACTIVATION_WORDS[config.activation]
    each = "after each" if len(widths) > 1 else "after it"
    dropout = f" and {config.dropout:.0%} dropout {each}" if config.dropout else ", no dropout"
    layers = counted(len(widths), "hidden layer")
    return f"An MLP with {layers} of {listed(widths)} nodes, {activation}{dropout}.{inputs}"


def source(config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> NetworkSource:
    """Write the code of a network. See :meth:`NetworkFamily.source`."""
    if config.members > 1:
        member = source(replace(config, members=1), input_shape, n_outputs)
        return ensemble_source(member, config.members, input_shape, n_outputs)
    encoding, embedded = encoding_of(config), after_embedding(config, input_shape)
    sizes = (encoding.size(embedded), *config.widths)
    parts = embedding_of(config).source(), encoding.source(embedded[0])
    helpers = "".join(part[0] for part in parts)
    layers = [line for part in parts for line in part[1]]
    steps = [line for part in parts for line in part[2]]
    if len(input_shape) > 1:
        steps.append("x = x.flatten(1)")
    for i, (n_in, n_out) in enumerate(zip(sizes, config.widths, strict=False), start=1):
        layers.append(f"self.hidden_{i} = nn.Linear({n_in}, {n_out})")
        step = f"torch.{config.activation}(self.hidden_{i}(x))"
        steps.append(f"x = self.dropout({step})" if config.dropout else f"x = {step}")
    outputs = width_of_output(config, n_outputs)
    layers.append(f"self.output = nn.Linear({sizes[-1]}, {outputs})")
    if has_single_logit(config, n_outputs):
        steps.append("# The logit of the first class is 0.")
        steps.append("return nn.functional.pad(self.output(x), (1, 0))")
    else:
        steps.append("return self.output(x)")
    if config.dropout:
        layers.append(f"self.dropout = nn.Dropout({config.dropout})")
    nodes = "-".join(str(size) for size in (*sizes, outputs))
    return NetworkSource(
        title=f"Multi-layer perceptron, {nodes} nodes, {config.activation}"
        if config.widths
        else f"Linear network, {nodes} nodes",
        layers=tuple(layers),
        steps=tuple(steps),
        helpers=helpers,
    )
