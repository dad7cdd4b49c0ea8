"""Several networks of one architecture as one module: trained together, or an ensemble."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import singledispatch

import torch
from torch import nn
from torch.nn import functional
from typing_extensions import override

from optuna_dnc.nets.blocks import BinaryLogits, Dropout
from optuna_dnc.nets.encodings import Embeddings, Periodic, PiecewiseLinear


class NetworkStack(nn.Module):
    """K networks as one module ``(K n, *input_shape) -> (K n, n_outputs)``.

    The first n samples are those of the first network, and so on.

    A step of a small network takes as long as the calls of its operations take, not their sums.
    Sequences of the layers of MLPs become one sequence: five networks of 30 nodes take twice as
    long as one, and five of 400-400 nodes five times. Other networks are called one by one.

    The weights of a sequence lie in the stack, and those of :attr:`networks` are views of them: a
    step of the stack trains the networks, and each can be used on its own.
    """

    networks: tuple[nn.Module, ...]
    """The networks, or ensembles of them."""
    members: tuple[nn.Module, ...]
    """Each of the K networks that are trained; those of an ensemble follow each other."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        """Create it.

        Args:
            networks: Networks, or ensembles of networks, equal but for their weights.
        """
        super().__init__()
        self.networks = tuple(networks)
        self.members = tuple(member for network in networks for member in members_of(network))
        self.layers: nn.Module = _OneByOne(self.members)
        if all(map(_is_sequence, self.members)):
            every = zip(*(member.children() for member in self.members), strict=True)
            self.layers = nn.Sequential(*(stacked(layers[0], layers) for layers in every))

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.layers(x.unflatten(0, (len(self.members), -1)))  # type: ignore[no-untyped-call]
        return outputs.flatten(0, 1)


def trainable(networks: Sequence[nn.Module]) -> nn.Module:
    """Return the module that trains some networks: a stack, or the only network itself."""
    stack = [member for network in networks for member in members_of(network)]
    return NetworkStack(networks) if len(stack) > 1 else networks[0]


class _OneByOne(nn.ModuleList):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([network(own) for network, own in zip(self, x, strict=True)])


def _is_sequence(network: nn.Module) -> bool:
    return type(network) is nn.Sequential and all(
        stacked.dispatch(type(layer)) is not stacked.dispatch(object) for layer in network
    )


@singledispatch
def stacked(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """Return a layer of a stack in place of the same layer of each network, the first included."""
    raise NotImplementedError(type(first))


@stacked.register(nn.ReLU)
@stacked.register(nn.Tanh)
@stacked.register(nn.Sigmoid)
@stacked.register(Dropout)
@stacked.register(BinaryLogits)
def _(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    return first


@stacked.register
def _(first: nn.Flatten, layers: Sequence[nn.Module]) -> nn.Module:
    return nn.Flatten(2)


@stacked.register
def _(first: nn.Linear, layers: Sequence[nn.Module]) -> nn.Module:
    return _StackedLinear(layers)


@stacked.register
def _(first: PiecewiseLinear, layers: Sequence[nn.Module]) -> nn.Module:
    return _StackedPiecewiseLinear(first, layers)


@stacked.register
def _(first: Periodic, layers: Sequence[nn.Module]) -> nn.Module:
    return _StackedPeriodic(first, layers)


@stacked.register
def _(first: Embeddings, layers: Sequence[nn.Module]) -> nn.Module:
    return _StackedEmbeddings(layers)


def _joined(layers: Sequence[nn.Module], name: str) -> torch.Tensor:
    """Return a parameter or buffer of all layers, ``(K, ...)``, of which theirs become views."""
    tensors = [getattr(layer, name) for layer in layers]
    joined = torch.stack([tensor.detach() for tensor in tensors])
    for tensor, view in zip(tensors, joined, strict=True):
        tensor.data = view
    return joined


class _StackedLinear(nn.Module):
    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.weight = nn.Parameter(_joined(layers, "weight"))
        self.bias = nn.Parameter(_joined(layers, "bias"))

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias.unsqueeze(1), x, self.weight.mT)


class _StackedPiecewiseLinear(nn.Module):
    scale: torch.Tensor
    shift: torch.Tensor
    column: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, first: PiecewiseLinear, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        for name in ("scale", "shift"):
            self.register_buffer(name, _joined(layers, name))
        for name in ("column", "low", "high"):
            self.register_buffer(name, getattr(first, name), persistent=False)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        columns = x.index_select(2, self.column)
        z = torch.addcmul(self.shift.unsqueeze(1), columns, self.scale.unsqueeze(1))
        return torch.clamp(z, self.low, self.high)


class _StackedPeriodic(nn.Module):
    encoded: torch.Tensor
    others: torch.Tensor

    def __init__(self, first: Periodic, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        for name in ("encoded", "others"):
            self.register_buffer(name, getattr(first, name), persistent=False)
        self.frequencies = nn.Parameter(_joined(layers, "frequencies"))
        self.weight = nn.Parameter(_joined(layers, "weight"))
        self.bias = nn.Parameter(_joined(layers, "bias"))

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # (K, n, inputs, waves), of which each network's rows are one matrix.
        encoded = x.index_select(2, self.encoded).unsqueeze(3)
        angles = 2 * math.pi * encoded * self.frequencies.unsqueeze(1)
        waves = torch.cat([angles.cos(), angles.sin()], dim=3).flatten(1, 2)
        values = torch.baddbmm(self.bias.unsqueeze(1), waves, self.weight.mT).relu()
        values = values.view(*x.shape[:2], -1)
        return torch.cat([x.index_select(2, self.others), values], dim=2)


class _StackedEmbeddings(nn.Module):
    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        tables = zip(*(layer.tables for layer in layers), strict=True)
        self.tables = nn.ParameterList(nn.Parameter(_joined(table, "weight")) for table in tables)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n_networks, _, n_inputs = x.shape
        first = n_inputs - len(self.tables)
        codes = x[:, :, first:].long()
        network = torch.arange(n_networks, device=x.device).unsqueeze(1)
        vectors = [
            functional.embedding(codes[:, :, i] + len(table[0]) * network, table.flatten(0, 1))
            for i, table in enumerate(self.tables)
        ]
        return torch.cat([x[:, :, :first], *vectors], dim=2)


class DeepEnsemble(nn.Module):
    """Mean of the outputs of several networks, ``(n, *input_shape) -> (n, n_outputs)``.

    Each network is trained by itself, from other initial weights (Lakshminarayanan et al.,
    NeurIPS 2017). A mean of logits stands for the geometric mean of the probabilities.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([member(x) for member in self.members]).mean(0)


def members_of(network: nn.Module) -> tuple[nn.Module, ...]:
    """Return the networks of an ensemble, or the network itself."""
    return tuple(network.members) if isinstance(network, DeepEnsemble) else (network,)
