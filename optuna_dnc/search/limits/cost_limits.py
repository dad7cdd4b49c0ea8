"""Hard limits on the costs of networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkSpec, cost_measure, costs_in_words
from optuna_dnc.runs.limits import LIMITS
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.search.limits.cut_space import CutSpace
from optuna_dnc.training import FitResult

Suggest = Callable[[BaseTrial], Any]
"""Suggests a network."""

_UNTRAINED = FitResult("classification")
_LEAST = 1e-12


class Limits:
    """Limits on the costs of a search's networks, and which networks keep them.

    Args:
        family: Network family.
        input_shape: Shape of one sample.
        n_outputs: Number of outputs.
        bounds: Highest cost by the name of the cost measure; may be empty.
    """

    def __init__(
        self,
        family: NetworkFamily,
        input_shape: tuple[int, ...],
        n_outputs: int,
        bounds: Mapping[str, float],
    ) -> None:
        self.bounds = bounds
        self._family = family
        self._input_shape = input_shape
        self._n_outputs = n_outputs
        self._exact = [name for name in bounds if cost_measure(name).repeats_exactly]
        self._costs: dict[tuple[str, str], float] = {}

    def within(self, name: str, bound: float) -> Limits:
        """Return these limits and another one, such as that of the networks a time limit allows.

        Args:
            name: Name of the cost measure.
            bound: Highest cost; infinity for no limit.
        """
        if math.isinf(bound):
            return self
        bounds = {**self.bounds, name: min(bound, self.bounds.get(name, math.inf))}
        return Limits(self._family, self._input_shape, self._n_outputs, bounds)

    def space(self, suggest: Suggest) -> CutSpace | None:
        """Return a space, cut to the networks that keep the limits; None if none can be counted.

        What is timed is not known before a network is proposed.
        """
        return CutSpace(suggest, self._excess_of(self._exact)) if self._exact else None

    def cut(self, suggest: Suggest) -> Suggest:
        """Return :meth:`space`, or ``suggest`` itself where nothing is cut."""
        return self.space(suggest) or suggest

    def spare(self, suggest: Suggest) -> Mapping[str, Any]:
        """Return the parameters of the network of a space that comes closest to all limits."""
        return self._closest(suggest).smallest_params

    def keeps_counted(self, config: Any) -> bool:
        """Return whether a network keeps all limits on costs that are counted, not timed."""
        return self._excess_of(self._exact)(config) <= 0

    def costs(self, config: Any, known: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return the limited costs of a network, each measured once.

        Nothing is timed if the network exceeds another limit.

        Args:
            config: The network.
            known: Costs that were measured by an earlier process.
        """
        costs = {name: self._cost(config, name) for name in self._exact}
        if self.excess(costs) > 0:
            return costs
        timed = [name for name in self.bounds if name not in costs]
        for name in timed:
            if known is not None and name in known:
                self._costs[repr(config), name] = known[name]
            costs[name] = self._cost(config, name)
        return costs

    def excess(self, costs: Mapping[str, float]) -> float:
        """Return log10 of the largest ratio of a cost to its limit; -inf without any."""
        return max(self.excesses(costs).values(), default=-math.inf)

    def excesses(self, costs: Mapping[str, float]) -> dict[str, float]:
        """Return log10 of the ratio of each cost to its limit, at most 0 where that is kept."""
        return {
            name: math.log10(max(cost, _LEAST) / self.bounds[name]) for name, cost in costs.items()
        }

    def check_counted(self, suggest: Suggest) -> None:
        """Check that some network of a space keeps the limits on costs that are counted.

        Raises:
            InputError: None does.
        """
        for names in (*([name] for name in self._exact), self._exact):
            if names:
                space = CutSpace(suggest, self._excess_of(names))
                self._check(space, {name: self._cost(space.smallest, name) for name in names})

    def check_timed(self, suggest: Suggest) -> None:
        """Check that the smallest network of a space keeps the limits on costs that are timed.

        Raises:
            InputError: It does not.
        """
        if len(self._exact) < len(self.bounds):
            space = self._closest(suggest)
            self._check(space, self.costs(space.smallest))

    def _check(self, space: CutSpace, costs: Mapping[str, float]) -> None:
        """Raise unless these costs of the network that comes closest keep the limits."""
        exceeded = [name for name, excess in self.excesses(costs).items() if excess > 0]
        if exceeded:
            limits = {name: self.bounds[name] for name in exceeded}
            otherwise = ", or allow smaller networks with space=" if space.smallest_params else ""
            raise InputError(
                f"{LIMITS[exceeded[0]]}: no network of the space is within "
                f"{costs_in_words(limits)}; the closest ({space.smallest}) has "
                f"{costs_in_words(costs)}. Raise the limit{otherwise}."
            )

    def _closest(self, suggest: Suggest) -> CutSpace:
        """Return the space with the network that comes closest to the limits."""
        if self._exact:
            return CutSpace(suggest, self._excess_of(self._exact))
        return CutSpace(suggest, lambda config: self._cost(config, "n_params"))

    def _excess_of(self, names: list[str]) -> Callable[[Any], float]:
        """Return the function that measures the excess of a network in some of the costs."""

        def excess(config: Any) -> float:
            return self.excess({name: self._cost(config, name) for name in names})

        return excess

    def _cost(self, config: Any, name: str) -> float:
        key = repr(config), name
        if key not in self._costs:
            network = NetworkSpec(self._family, config, self._input_shape, self._n_outputs)
            self._costs[key] = cost_measure(name).of(network, _UNTRAINED)
        return self._costs[key]


def first_networks(settings: SearchSettings, family: NetworkFamily) -> Suggest:
    """Return the function that suggests the first networks of a search."""
    if settings.given is not None:
        config = family.config_from_dict(settings.given.config)
        return lambda trial: config
    return family.suggest if STRATEGIES[settings.strategy].joint else family.suggest_core
