"""Registry of cost measures, and the recorded costs of networks."""

from __future__ import annotations

import math
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from numbers import Integral, Real
from typing import Any, TypeVar

from typing_extensions import override

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._registry import Registry
from optuna_dnc.objectives import costs
from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

Measure = TypeVar("Measure", bound=type[CostMeasure])


def _check(name: str, measure: Any) -> CostMeasure:
    if not (isinstance(measure, type) and issubclass(measure, CostMeasure)):
        raise InputError(
            f"measure must be a subclass of CostMeasure, got {shown(measure)}; change it."
        )
    own_name = getattr(measure, "name", None)
    if not (isinstance(own_name, str) and _NAME.fullmatch(own_name)):
        raise InputError(
            f"name of {measure.__name__} must be lower-case letters, digits and underscores, "
            f"starting with a letter, got {shown(own_name)}; rename it."
        )
    if own_name != name:
        raise InputError(
            f"the name of {measure.__name__} is {own_name!r}; rename the entry point or the class"
        )
    if not getattr(measure, "unit", ""):
        raise InputError(f"unit of {measure.__name__} must be a plural noun, got none; set it.")
    return measure()


def _in_modules_of_costs() -> Iterator[tuple[str, str]]:
    """Yield name and ``module:Class`` of the measures in ``optuna_dnc/objectives/costs/``."""
    for module in pkgutil.iter_modules(costs.__path__, f"{costs.__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name:
                yield getattr(value, "name", ""), f"{module.name}:{value.__name__}"


COSTS = Registry[CostMeasure]("penalize", "optuna_dnc.costs", dict(_in_modules_of_costs()), _check)


def register_cost(measure: Measure) -> Measure:
    """Register a cost measure under its name; usable as a class decorator.

    The registry belongs to the process: other processes of the same search must import the module
    that registers it, or find it as an entry point of the group ``optuna_dnc.costs``.

    Args:
        measure: Subclass of :class:`CostMeasure` without constructor arguments. It replaces one
            of the same name that was registered before, as when the cell of a notebook runs
            again.

    Returns:
        The class itself.

    Raises:
        InputError: The class is not a cost measure, its name is malformed, or the name is that of
            a built-in or installed measure.
    """
    name = getattr(measure, "name", "")
    if name not in COSTS or type(COSTS[name]) is not measure:
        COSTS.register(name, measure)
    return measure


def cost_names() -> list[str]:
    """Return the names of all cost measures that ``penalize`` takes, sorted."""
    return sorted(COSTS)


def cost_measure(name: str) -> CostMeasure:
    """Return the cost measure of a name.

    Raises:
        InputError: The name is unknown, or the package that provides it cannot be imported.
    """
    return COSTS[name]


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


RECORDED = ("n_params", "t_epoch")
"""Costs that are recorded of all networks; also keys of their own in JSON."""


class CostMeter:
    """Meter of one network's recorded costs, and of others such as the penalized one.

    Costs of the network are measured once, costs of its training at each call.

    Args:
        network: The network.
        names: Costs to measure beside those that are always recorded.
        known: Costs of the network that were measured before.
        scales: Factors by which to multiply costs that are measured, by name.
    """

    def __init__(
        self,
        network: NetworkSpec,
        *names: str,
        known: Mapping[str, float] | None = None,
        scales: Mapping[str, float] | None = None,
    ) -> None:
        self._network = network
        self._measures = [cost_measure(name) for name in dict.fromkeys((*RECORDED, *names))]
        self._of_network: dict[str, float] = dict(known or {})
        self._scales = dict(scales or {})

    def __call__(self, fit: Fit) -> dict[str, float]:
        """Return the costs of the network and its training so far, by name.

        Raises:
            InputError: A measure does not return a finite number of at least 0.
        """
        costs = {}
        for measure in self._measures:
            value = self._of_network.get(measure.name)
            if value is None:
                value = _checked(measure.name, measure.of(self._network, fit))
                if measure.name in self._scales:
                    value *= self._scales[measure.name]
            if not measure.of_training:
                self._of_network[measure.name] = value
            costs[measure.name] = value
        return costs


def _checked(name: str, value: object) -> float:
    if isinstance(value, Real) and 0 <= float(value) < math.inf:
        return int(value) if isinstance(value, Integral) else float(value)
    raise InputError(
        f"cost measure {name!r} must return a finite number of at least 0, got {shown(value)}; "
        "correct its method of()."
    )


def costs_to_dict(costs: Mapping[str, float]) -> dict[str, Any]:
    """Return costs as in trials and JSON files: all in ``costs``, two also as keys."""
    return {name: costs[name] for name in RECORDED} | {"costs": dict(costs)}


def cost_cells(costs: Mapping[str, float], columns: Iterable[CostMeasure]) -> list[str]:
    """Return the cells of a network's costs in a table; empty for unknown costs."""
    return [cost.format(costs[cost.name]) if cost.name in costs else "" for cost in columns]


def costs_in_short(costs: Mapping[str, float]) -> str:
    """Return costs in short: ``17,560 params, 0.0164 s/epoch``."""
    return ", ".join(cost.in_short(costs[cost.name]) for cost in described_costs(costs))


def costs_in_words(costs: Mapping[str, float]) -> str:
    """Return costs in words: ``17,560 parameters, 0.0164 seconds per epoch``."""
    return ", ".join(cost.in_words(costs[cost.name]) for cost in described_costs(costs))


def costs_from_dict(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the costs that :func:`costs_to_dict` wrote, also versions without ``costs``.

    Names that are not registered are kept.
    """
    return {name: values[name] for name in RECORDED} | dict(values.get("costs", {}))
