"""Size check of networks that untrusted files describe, before they are built."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.nn.parameter import is_lazy

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc.nets.cnn import CNNFamily
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.mlp import MLPFamily
from optuna_dnc.nets.resnet import ResNetFamily

_SPARE = 4
"""What is built may be replaced or dropped again, as parametrizations of weights do."""

_FEW = 1000
"""Modules and parameters that any network may have."""

_SMALL, _SMALL_COUNT = 250_000_000, 2_000
"""Values and tensors."""


def check_no_larger(
    family: NetworkFamily,
    config: Any,
    input_shape: tuple[int, ...],
    n_outputs: int,
    weights: Mapping[str, tuple[int, ...]],
) -> None:
    """Raise if a network has more parameters than its weights hold; allocate no memory.

    Args:
        family: The network family.
        config: One network, perhaps from a file that somebody has changed.
        input_shape: As for :meth:`NetworkFamily.build`.
        n_outputs: As for :meth:`NetworkFamily.build`.
        weights: Shapes of its weights by name, as a file has them that is no smaller.

    Raises:
        InputError: It has more, or cannot be built.
    """
    n_values = sum(map(math.prod, weights.values()))
    if not _has_at_most(family, config, input_shape, n_outputs, n_values, len(weights)):
        raise InputError(
            f"the network {shown(config)} has more than {n_values:,} parameters, which is what "
            "its weights are; one of them belongs to another network."
        )


def is_small(
    family: NetworkFamily, config: Any, input_shape: tuple[int, ...], n_outputs: int
) -> bool:
    """Return whether a network and a sample take less than a gigabyte; allocate no memory.

    Arguments and errors are as for :func:`check_no_larger`.
    """
    is_small_sample = math.prod(input_shape) <= _SMALL
    return is_small_sample and _has_at_most(
        family, config, input_shape, n_outputs, _SMALL, _SMALL_COUNT
    )


def _has_at_most(
    family: NetworkFamily,
    config: Any,
    input_shape: tuple[int, ...],
    n_outputs: int,
    n_values: int,
    n_tensors: int,
) -> bool:
    if type(family) not in (CNNFamily, MLPFamily, ResNetFamily):
        return _n_built(family, config, input_shape, n_outputs, n_values, n_tensors) <= n_values
    # Each of its numbers is one of nodes, channels or layers, which have a weight at least.
    if max(_numbers(asdict(config)), default=0) > n_values:
        return False
    return family.n_params(config, input_shape, n_outputs) <= n_values


def _numbers(values: Any) -> Iterator[int]:
    """Iterate over the whole numbers in a config."""
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, list | tuple):
        for value in values:
            yield from _numbers(value)
    elif isinstance(values, int):
        yield values


class _TooLargeError(Exception):
    """Ends the build of a network that is too large."""


def _n_built(
    family: NetworkFamily,
    config: Any,
    input_shape: tuple[int, ...],
    n_outputs: int,
    n_values: int,
    n_tensors: int,
) -> float:
    """Count parameters as they are made, without memory; infinite as soon as they are too many."""
    try:
        with _at_most(_SPARE * n_tensors + _FEW, _SPARE * n_values + _FEW), torch.device("meta"):
            network = family.build(config, input_shape, n_outputs)
    except _TooLargeError:
        return math.inf
    except Exception as error:
        raise InputError(
            f"the network {shown(config)} cannot be built ({brief(error)})."
        ) from error
    return sum(p.numel() for p in network.parameters() if not is_lazy(p))


@contextmanager
def _at_most(n_made: int, n_values: int) -> Iterator[None]:
    """Raise as soon as more modules or parameters, or larger ones, are made in this thread."""
    made, values, thread = 0, 0, threading.get_ident()

    def count(parent: nn.Module, name: str, child: Any) -> None:
        nonlocal made, values
        del parent, name
        if threading.get_ident() != thread:
            return
        made += 1
        if isinstance(child, torch.Tensor) and not is_lazy(child):
            values += child.numel()
        if made > n_made or values > n_values:
            raise _TooLargeError

    handles = [
        hooks.register_module_parameter_registration_hook(count),
        hooks.register_module_module_registration_hook(count),
        hooks.register_module_buffer_registration_hook(count),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
