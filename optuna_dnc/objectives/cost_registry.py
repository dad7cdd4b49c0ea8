"""Registry of cost measures: built-in, registered, or installed as entry points."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from optuna_dnc._errors import InputError, brief, shown, unknown_name
from optuna_dnc.objectives import costs
from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec

GROUP = "optuna_dnc.costs"
"""Entry-point group in which other packages offer cost measures."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_registered: dict[str, CostMeasure] = {}

Measure = TypeVar("Measure", bound=type[CostMeasure])


def register_cost(measure: Measure) -> Measure:
    """Register a cost measure under its name; usable as a class decorator.

    The registry is that of the process: other processes of the same search import the module that
    registers it, or find it as an entry point.

    Args:
        measure: A subclass of :class:`CostMeasure` that is made without arguments. A class of the
            same name and module, as of a notebook's cell that runs again, takes its place.

    Returns:
        The class itself.

    Raises:
        InputError: The class is no cost measure, its name is malformed, or another class has it.
    """
    if not (isinstance(measure, type) and issubclass(measure, CostMeasure)):
        raise InputError(f"cost measure must be a subclass of CostMeasure, got {shown(measure)}.")
    name = getattr(measure, "name", None)
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InputError(
            f"name of {measure.__name__} must be lower-case letters, digits and underscores, "
            f"starting with a letter, got {shown(name)}; rename it."
        )
    if not getattr(measure, "unit", ""):
        raise InputError(f"unit of {measure.__name__} is missing; give it a plural noun.")
    other = type(_registered.get(name, measure()))
    if (other.__module__, other.__qualname__) != (measure.__module__, measure.__qualname__):
        raise InputError(
            f"cost measure {name!r} is already registered by {other.__module__}."
            f"{other.__qualname__}; choose another name."
        )
    _registered[name] = measure()
    return measure


def cost_names() -> list[str]:
    """Names of all cost measures that ``penalize`` takes, sorted."""
    return sorted({*_registered, *(entry.name for entry in entry_points(group=GROUP))})


def cost_measure(name: str) -> CostMeasure:
    """The cost measure of this name.

    Raises:
        InputError: No measure has this name, or the package that offers it cannot be imported.
    """
    if name not in _registered:
        found = entry_points(group=GROUP, name=name)
        if not found:
            raise unknown_name("penalize", name, cost_names())
        _load(next(iter(found)))
    return _registered[name]


def described_cost(name: str) -> CostMeasure:
    """The cost measure of this name, or one that only formats, for a run made with another's.

    A run's folder is read wherever the measure it was searched with is not registered: the name
    is the unit then.
    """
    try:
        return cost_measure(name)
    except InputError:
        return _Unregistered(name)


def described_costs(names: Iterable[str]) -> list[CostMeasure]:
    """:func:`described_cost` of each name, for the columns of a table."""
    return [described_cost(name) for name in names]


class _Unregistered(CostMeasure):
    """A measure of which only the name is known."""

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]
        # A file from elsewhere may hold any text, also markup of a page or a terminal.
        self.unit = name if _NAME.fullmatch(name) else "?"  # type: ignore[misc]

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        raise unknown_name("penalize", self.name, cost_names())


def _load(entry: EntryPoint) -> None:
    try:
        measure = register_cost(entry.load())
    except Exception as error:
        raise InputError(
            f"penalize {shown(entry.name)}: the cost measure {entry.value} cannot be loaded "
            f"({brief(error)}); repair or uninstall the package that offers it."
        ) from error
    if measure.name != entry.name:
        raise InputError(
            f"penalize {shown(entry.name)}: {entry.value} calls itself {measure.name!r}; give the "
            "entry point that name."
        )


def _register_modules_of_costs() -> None:
    for module in pkgutil.iter_modules(costs.__path__, f"{costs.__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name:
                register_cost(value)


_register_modules_of_costs()
