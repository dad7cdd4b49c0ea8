"""The built-in network families, by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc.nets.cnn import CNNFamily
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.mlp import MLPFamily
from optuna_dnc.nets.resnet import ResNetFamily

FAMILIES: dict[str, type[NetworkFamily]] = {
    "cnn": CNNFamily,
    "mlp": MLPFamily,
    "resnet": ResNetFamily,
}


def network_family(name: str, ranges: Mapping[str, Any] | None = None) -> NetworkFamily:
    """The built-in family of this name, with some of its ranges set.

    Args:
        name: ``mlp``, ``cnn`` or ``resnet``.
        ranges: Fields of the family, such as ``{"n_layers": (2, 4)}``.
    """
    if name not in FAMILIES:
        raise unknown_name("network", name, FAMILIES)
    return FAMILIES[name](**(ranges or {}))


def name_in_results(family: NetworkFamily) -> str:
    """The name of a family, with its class where it shares the name of a built-in one."""
    built_in = FAMILIES.get(family.name)
    if built_in is None or type(family) is built_in:
        return family.name
    return f"{family.name} ({type(family).__name__})"


def family_of_result(name: str, ranges: Mapping[str, Any]) -> NetworkFamily:
    """The built-in family that a result was found with; one of the user's own has to be given.

    Args:
        name: See :func:`name_in_results`.
        ranges: Fields of the family.
    """
    if name not in FAMILIES:
        raise InputError(
            f"network {shown(name)} is no built-in family, so it has to be given: in Python, load "
            "with family=..., the one that was searched."
        )
    return network_family(name, ranges)


def build(config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
    """Build the network of a built-in family's config. See :meth:`NetworkFamily.build`."""
    for family in FAMILIES.values():
        if isinstance(config, family.config_type):
            return family().build(config, input_shape, n_outputs)
    names = ", ".join(family.config_type.__name__ for family in FAMILIES.values())
    raise InputError(
        f"config must be one of {names}, got {type(config).__name__}; "
        "for a family of your own call its build()."
    )
