"""A network in words and, where it has many layers, as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import groupby
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.nets import CNNConfig, MLPConfig, ResNetConfig
from optuna_dnc.nets.family import config_from_dict
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.report.markdown import counted, listed, table

_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def network_note(network: str, config: Mapping[str, Any]) -> str:
    """What a network is, in Markdown.

    Args:
        network: Name of its family.
        config: The network, as JSON holds it. Of a family of your own its fields are listed.
    """
    if network in FAMILIES:
        try:
            return _described(config_from_dict(FAMILIES[network].config_type, dict(config)))
        except (InputError, TypeError):
            pass  # of another version: its fields still say what it is
    return "\n".join(f"- {name}: `{value}`" for name, value in config.items())


@singledispatch
def _described(config: Any) -> str:
    raise NotImplementedError(type(config).__name__)


@_described.register
def _(config: MLPConfig) -> str:
    widths = config.widths
    if not widths:
        return "A linear model: an MLP without hidden layers."
    activation = _ACTIVATIONS[config.activation]
    each = "after each" if len(widths) > 1 else "after it"
    dropout = f" and {config.dropout:.0%} dropout {each}" if config.dropout else ", no dropout"
    layers = counted(len(widths), "hidden layer")
    return f"An MLP with {layers} of {listed(widths)} nodes, {activation}{dropout}."


@_described.register
def _(config: CNNConfig) -> str:
    layers = zip(
        config.channels,
        config.kernel_sizes,
        config.downsampling,
        config.batch_norm,
        config.dropout,
        strict=True,
    )
    rows = [
        (
            number,
            channels,
            f"{kernel} × {kernel}",
            "" if halved == "none" else halved,
            "yes" if norm else "",
            f"{dropout:.0%}" if dropout else "",
        )
        for number, (channels, kernel, halved, norm, dropout) in enumerate(layers, start=1)
    ]
    header = ("conv", "channels", "kernel", "halved by", "batch norm", "dropout")
    activation = _ACTIVATIONS[config.activation]
    words = (
        f"A CNN of {counted(len(rows), 'conv layer')} with {activation}, then global average "
        "pooling and one linear layer."
    )
    if config.shortcuts:
        ends = listed(f"{start + 1} to {start + 3}" for start in config.shortcuts)
        words += f" Shortcuts lead from layer {ends}."
    return f"{words}\n\n{table(header, rows)}"


@_described.register
def _(config: ResNetConfig) -> str:
    stages = counted(len(config.blocks), "stage")
    words = (
        f"A pre-activation residual network: {stages} of {_runs(config.blocks)} "
        f"{config.block} blocks, from {config.channels * config.widening} channels on "
        f"(widening {config.widening})"
    )
    parts = [f"shortcuts by {config.shortcut} where the shape changes"]
    if config.dropout:
        parts.append(f"{config.dropout:.0%} dropout in each branch")
    if config.regulariser == "shake-drop":
        parts.append(f"shake-drop with death rate {config.death_rate:.2g}")
    elif config.regulariser != "none":
        parts.append(config.regulariser)
    return f"{words}, {listed(parts)}."


def _runs(numbers: Sequence[int]) -> str:
    """``3 times 2``, or ``2, 3 and 4``."""
    runs = [(number, len(list(equal))) for number, equal in groupby(numbers)]
    if len(runs) == 1 and runs[0][1] > 1:
        return f"{runs[0][0]}"
    return listed(numbers)
