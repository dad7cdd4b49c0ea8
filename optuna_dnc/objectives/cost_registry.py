"""Registry of cost measures: built-in, registered, or installed as entry points."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import TypeVar

from typing_extensions import override

from optuna_dnc._errors import InputError, brief, shown, unknown_name
from optuna_dnc._registry import declared
from optuna_dnc.objectives import costs
from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec

GROUP = "optuna_dnc.costs"
"""Entry-point group of cost measures in other packages."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_registered: dict[str, CostMeasure] = {}

Measure = TypeVar("Measure", bound=type[CostMeasure])


def register_cost(measure: Measure) -> Measure:
    """Register a cost measure under its name; usable as a class decorator.

    The registry belongs to the process: other processes of the same search must import the module
    that registers it, or find it as an entry point.

    Args:
        measure: Subclass of :class:`CostMeasure` without constructor arguments. It replaces a
            class of the same name and module, as when the cell of a notebook runs again.

    Returns:
        The class itself.

    Raises:
        InputError: The class is not a cost measure, its name is malformed, or the name is taken.
    """
    if not (isinstance(measure, type) and issubclass(measure, CostMeasure)):
        raise InputError(
            f"measure must be a subclass of CostMeasure, got {shown(measure)}; change it."
        )
    name = getattr(measure, "name", None)
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InputError(
            f"name of {measure.__name__} must be lower-case letters, digits and underscores, "
            f"starting with a letter, got {shown(name)}; rename it."
        )
    if not getattr(measure, "unit", ""):
        raise InputError(f"unit of {measure.__name__} must be a plural noun, got none; set it.")
    other = type(_registered.get(name, measure()))
    if (other.__module__, other.__qualname__) != (measure.__module__, measure.__qualname__):
        raise InputError(
            f"cost measure {name!r} is already registered by {other.__module__}."
            f"{other.__qualname__}; choose another name."
        )
    _registered[name] = measure()
    return measure


def cost_names() -> list[str]:
    """Return the names of all cost measures that ``penalize`` takes, sorted."""
    return sorted({*_registered, *declared(GROUP)})


def cost_measure(name: str) -> CostMeasure:
    """Return the cost measure of a name.

    Raises:
        InputError: The name is unknown, or the package that provides it cannot be imported.
    """
    if name not in _registered:
        if name not in declared(GROUP):
            raise unknown_name("penalize", name, cost_names())
        _load(declared(GROUP)[name])
    return _registered[name]


def described_cost(name: str) -> CostMeasure:
    """Return the cost measure of a name, or one that only formats if the name is unknown.

    A run can be read without the package that provides its cost measure: its name is the unit.
    """
    try:
        return cost_measure(name)
    except InputError:
        return _Unregistered(name)


def described_costs(names: Iterable[str]) -> list[CostMeasure]:
    """:func:`described_cost` of each name, for the columns of a table."""
    return [described_cost(name) for name in names]


class _Unregistered(CostMeasure):
    """Placeholder of a cost measure that is not registered."""

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]
        # A file from elsewhere may hold any text, also markup of HTML or a terminal.
        self.unit = name if _NAME.fullmatch(name) else "?"  # type: ignore[misc]

    @override
    def of(self, network: NetworkSpec, fit: Fit) -> float:
        raise unknown_name("penalize", self.name, cost_names())


def _load(entry: EntryPoint) -> None:
    try:
        measure = register_cost(entry.load())
    except Exception as error:
        raise InputError(
            f"penalize {shown(entry.name)}: the cost measure {entry.value} cannot be loaded "
            f"({brief(error)}); upgrade or uninstall the package that provides it."
        ) from error
    if measure.name != entry.name:
        raise InputError(
            f"penalize {shown(entry.name)}: the name of {entry.value} is {measure.name!r}; rename "
            "the entry point or the class."
        )


def _register_modules_of_costs() -> None:
    for module in pkgutil.iter_modules(costs.__path__, f"{costs.__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name:
                register_cost(value)


_register_modules_of_costs()
