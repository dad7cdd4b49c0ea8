"""Registry of network families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc._registry import Registry
from optuna_dnc.nets.family import NetworkFamily

if TYPE_CHECKING:
    from torch import nn


def check_family(name: str, family: Any) -> type[NetworkFamily]:
    """Return a class of network families, or raise :class:`InputError` if it is none.

    Args:
        name: Name given by the user.
        family: The object to check.
    """
    if not (isinstance(family, type) and issubclass(family, NetworkFamily)):
        raise InputError(
            f"network {shown(name)} must be a subclass of optuna_dnc.nets.NetworkFamily, got "
            f"{shown(family)}; change it."
        )
    return family


FAMILIES = Registry[type[NetworkFamily]](
    "network",
    "optuna_dnc.families",
    {
        "cnn": "optuna_dnc.nets.cnn:CNNFamily",
        "mlp": "optuna_dnc.nets.mlp:MLPFamily",
        "resnet": "optuna_dnc.nets.resnet:ResNetFamily",
    },
    check_family,
    takes_objects=True,
)


def register_family(family: type[NetworkFamily]) -> type[NetworkFamily]:
    """Register a network family under its ``name``; usable as a class decorator.

    Searches take it by name from then on, and its results load without ``family=...``. For every
    process, declare it as an entry point of the group ``optuna_dnc.families`` instead.

    Raises:
        InputError: The name is taken, or it is no subclass of :class:`NetworkFamily`.
    """
    FAMILIES.register(check_family(shown(family), family).name, family)
    return family


def network_family(name: str, ranges: Mapping[str, Any] | None = None) -> NetworkFamily:
    """Return the registered family of this name, with some of its ranges set.

    Args:
        name: ``mlp``, ``cnn``, ``resnet``, or the name of another registered family.
        ranges: Fields of the family, such as ``{"n_layers": (2, 4)}``.
    """
    return FAMILIES[name](**(ranges or {}))


def name_in_results(family: NetworkFamily) -> str:
    """Return the name of a family, with its class if another one is registered under the name."""
    if family.name not in FAMILIES or type(family) is FAMILIES[family.name]:
        return family.name
    return f"{family.name} ({type(family).__name__})"


def family_of_result(name: str, ranges: Mapping[str, Any]) -> NetworkFamily:
    """Return the registered family of a result; others have to be passed by the user.

    Args:
        name: See :func:`name_in_results`.
        ranges: Fields of the family.
    """
    if name not in FAMILIES:
        raise InputError(
            f"{shown(name)} is not a registered network family. Pass the one used in the search: "
            "SearchResult.load(path, family=...)."
        )
    return network_family(name, ranges)


def build(config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
    """Build the network of a registered family's config. See :meth:`NetworkFamily.build`."""
    types = []
    for _, family in FAMILIES.items():  # noqa: PERF102 - a registry is no dict
        if isinstance(config, family.config_type):
            return family().build(config, input_shape, n_outputs)
        types.append(family.config_type.__name__)
    raise InputError(
        f"config must be one of {', '.join(types)}, got {type(config).__name__}; "
        "for a family that is not registered, call its build()."
    )
