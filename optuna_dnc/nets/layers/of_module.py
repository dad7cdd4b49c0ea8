"""Layers of a network from its module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.layers.layer import BLOCK_SHORTCUT, INPUT, Layer
from optuna_dnc.nets.layers.tracing import Block, Call, Trace, is_weighted, name_of, traced, words


def layers_of_module(
    family: NetworkFamily, config: Any, input_shape: tuple[int, ...], n_outputs: int
) -> list[Layer]:
    """Build the network of ``config``, trace a sample through it, and return its layers.

    Each part with a matrix of weights is a layer; what follows belongs to it. A module whose
    output has a shortcut from its own input is one layer, with all that it holds.

    Args:
        family: The network family.
        config: One network.
        input_shape: Shape of one sample.
        n_outputs: As for :meth:`NetworkFamily.build`.
    """
    # Not on the meta device: what torch imports for it takes longer than most networks do.
    with torch.random.fork_rng(devices=[]):
        network = family.build(config, input_shape, n_outputs)
    layers = _layers(traced(network, torch.zeros(1, *input_shape)), input_shape)
    others = sum(p.numel() for p in network.parameters()) - sum(x.n_params for x in layers)
    return [*layers, Layer("other weights", n_params=others)] if others > 0 else layers


def _layers(trace: Trace, input_shape: tuple[int, ...]) -> list[Layer]:
    layers = [Layer(INPUT, shape=input_shape)]
    layer_of: dict[int, int] = {-1: 0}
    blocks = {block.first: block for block in _outermost(trace.blocks)}
    position = 0
    while position < len(trace.calls):
        block = blocks.get(position)
        if block is not None:
            calls = trace.calls[block.first : block.end]
            layers.append(_block_layer(block, calls))
        else:
            calls = trace.calls[position : position + 1]
            _add_call(layers, calls[0])
        layer_of |= dict.fromkeys(range(position, position + len(calls)), len(layers) - 1)
        position += len(calls)
    links = {(layer_of[start], layer_of[end]) for start, end in trace.shortcuts}
    return [
        replace(layer, shortcuts=tuple(sorted(a for a, b in links if b == i and a < i)))
        for i, layer in enumerate(layers)
    ]


def _outermost(blocks: Sequence[Block]) -> list[Block]:
    return [
        block
        for block in blocks
        if not any(
            other is not block and other.first <= block.first and block.end <= other.end
            for other in blocks
        )
    ]


def _block_layer(block: Block, calls: Sequence[Call]) -> Layer:
    inside = Counter(name_of(call.module) for call in calls if is_weighted(call.module))
    parts = (name if n == 1 else f"{n} {name}" for name, n in inside.items())
    return Layer(
        words(type(block.module).__name__),
        details=(*parts, BLOCK_SHORTCUT),
        shape=calls[-1].shape,
        n_params=sum(call.n_params for call in calls),
    )


def _add_call(layers: list[Layer], call: Call) -> None:
    last = layers[-1]
    if is_weighted(call.module) or BLOCK_SHORTCUT in last.details:
        layers.append(
            Layer(name_of(call.module), tuple(call.functions), call.shape, call.n_params)
        )
        return
    layers[-1] = replace(
        last,
        details=(*last.details, name_of(call.module), *call.functions),
        # The input keeps its own shape, whatever is done to it first.
        shape=last.shape if last.name == INPUT else call.shape,
        n_params=last.n_params + call.n_params,
    )
