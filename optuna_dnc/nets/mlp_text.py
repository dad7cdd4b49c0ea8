"""Description and source of multi-layer perceptrons."""

from __future__ import annotations

from dataclasses import replace

from optuna_dnc._markdown import counted, listed
from optuna_dnc.nets.configs import ACTIVATION_WORDS
from optuna_dnc.nets.mlp_config import (
    MLPConfig,
    after_embedding,
    embedding_of,
    encoding_of,
    has_single_logit,
    width_of_output,
)
from optuna_dnc.nets.source import NetworkSource, ensemble_source


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
