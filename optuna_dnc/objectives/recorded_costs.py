"""Recorded costs of networks, and their JSON form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec
from optuna_dnc.objectives.cost_registry import cost_measure, described_costs

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
