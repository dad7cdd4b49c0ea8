"""Restriction of a search space to networks within exact limits, value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import BaseTrial
from typing_extensions import override

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import contains, fix_param
from optuna_dnc.runs.records import n_rejected_last
from optuna_dnc.samplers.bohb import BOHBSampler
from optuna_dnc.samplers.dnc import DNCSampler
from optuna_dnc.space import CallbackTrial, lowest_answer
from optuna_dnc.space.column import Column
from optuna_dnc.space.trace import probes

_ROUNDS = 10

PATIENCE = 20
"""Rejected proposals in a row after which any sampler gets ranges that depend on the trial."""


class _Network(NamedTuple):
    """A network, and the trial that has suggested it."""

    trial: CallbackTrial
    config: Any
    excess: float


class CutSpace:
    """A define-by-run space, narrowed to the networks that fit.

    First, the range of each parameter is cut where the otherwise smallest network that has the
    parameter no longer fits: every sampler knows these ranges. They still hold networks that are
    too large in several ways at once. The samplers of this package therefore get, for each
    suggestion, the values for which the smallest network with all values so far still fits; their
    model learns how ranges depend on earlier values. Where some choices of a categorical
    parameter do not fit, the trials take the others in turn. Other samplers need fixed ranges,
    and propose networks that are rejected.

    Categorical parameters of the smallest network are suggested first, because numbers can adapt
    to them and not the other way round.

    Args:
        define: Suggests a network.
        excess: Returns how far a network exceeds its limits; at most 0 if it fits.
    """

    def __init__(self, define: Callable[[BaseTrial], Any], excess: Callable[[Any], float]) -> None:
        self._define = define
        self._excess = excess

    def __call__(self, trial: BaseTrial) -> Any:
        """Suggest a network."""
        return self._define(_CutTrial(trial, self))

    @cached_property
    def smallest(self) -> Any:
        """The network that fits best."""
        return self._smallest({}).config

    @cached_property
    def smallest_params(self) -> dict[str, Any]:
        """Parameters of the network that fits best.

        One after the other is improved. The lowest number is not always the cheapest: a narrow
        hidden layer may need fewer weights than none.
        """
        best = self._run({})
        for _ in range(_ROUNDS):
            before = best.excess
            for name, distribution in best.trial.distributions.items():
                for value in probes(distribution, MOST_LEVELS):
                    other = self._run({**best.trial.params, name: value})
                    if other.excess < best.excess:
                        best = other
            if best.excess == before:
                break
        return best.trial.params

    @cached_property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The cut distribution of each parameter whose range is narrowed."""
        cut = {}
        for name, (others, network) in self._least.items():
            distribution = network.trial.distributions[name]
            narrow = fitting(distribution, partial(self.fits, others, name))
            if narrow != distribution:
                cut[name] = narrow
        return cut

    @cached_property
    def first(self) -> dict[str, BaseDistribution]:
        """Categorical parameters of the smallest network."""
        return {
            name: distribution
            for name, distribution in self._smallest({}).trial.distributions.items()
            if isinstance(distribution, CategoricalDistribution)
        }

    def narrowed(self, name: str, distribution: BaseDistribution) -> BaseDistribution:
        """Return the cut range of a parameter within the one that is asked for."""
        cut = self.distributions.get(name)
        if isinstance(cut, CategoricalDistribution):
            return cut
        return distribution if cut is None else between(distribution, cut.low, cut.high)  # type: ignore[attr-defined]

    def fits(self, others: Mapping[str, Any], name: str, value: Any) -> bool:
        """Return whether the smallest network with these values fits."""
        return self._smallest({**others, name: value}).excess <= 0

    @cached_property
    def _least(self) -> dict[str, tuple[dict[str, Any], _Network]]:
        """The smallest network that has a parameter, and the values that give it, by parameter."""
        found: dict[str, tuple[dict[str, Any], _Network]] = {}

        def learn(values: dict[str, Any]) -> None:
            network = self._smallest(values)
            for name in network.trial.params:
                if name not in found or network.excess < found[name][1].excess:
                    found[name] = values, network

        learn({})
        probed: set[str] = set()
        while left := [name for name in found if name not in probed]:
            for name in left:
                probed.add(name)
                values, network = found[name]
                for value in probes(network.trial.distributions[name], MOST_LEVELS):
                    learn({**values, name: value})
        return found

    def _smallest(self, values: Mapping[str, Any]) -> _Network:
        """Return the smallest network with these values."""
        return self._run({**self.smallest_params, **values})

    def _run(self, values: Mapping[str, Any]) -> _Network:
        """Return the network with these values, and the lowest of each other parameter."""

        def answer(name: str, distribution: BaseDistribution) -> Any:
            if name in values and contains(distribution, values[name]):
                return values[name]
            return lowest_answer(name, distribution)

        trial = CallbackTrial(answer)
        config = self._define(trial)
        return _Network(trial, config, self._excess(config))


class _CutTrial(CallbackTrial):
    """A trial whose values come from another trial, in narrowed ranges."""

    def __init__(self, trial: BaseTrial, cut: CutSpace) -> None:
        super().__init__(self._ask, number=trial.number)
        self._trial = trial
        self._cut = cut
        self._given: dict[str, Any] = {}
        self._is_narrowing = _takes_changing_ranges(trial)
        for name, distribution in cut.first.items():
            self._given[name] = self._suggested(name, distribution)

    def _ask(self, name: str, distribution: BaseDistribution) -> Any:
        if name in self._given and contains(distribution, self._given[name]):
            return self._given[name]
        return self._suggested(name, distribution)

    def _suggested(self, name: str, distribution: BaseDistribution) -> Any:
        narrow = self._cut.narrowed(name, distribution)
        if self._is_narrowing:
            given = {**self._given, **self.params}
            fitted = fitting(narrow, partial(self._cut.fits, given, name))
            if not isinstance(fitted, CategoricalDistribution):
                narrow = fitted
            elif fitted != narrow:  # Optuna lets no choices depend on the trial
                turn = self._trial.number % len(fitted.choices)
                fix_param(self._trial, name, fitted.choices[turn])
        return suggest(self._trial, name, narrow)

    @override
    def set_user_attr(self, key: str, value: Any) -> None:
        self._trial.set_user_attr(key, value)


def _takes_changing_ranges(trial: BaseTrial) -> bool:
    """Return whether the ranges of a trial may depend on its earlier values."""
    if not isinstance(trial, optuna.Trial):
        return False  # its space is learned
    if isinstance(trial.study.sampler, DNCSampler | BOHBSampler):
        return True
    return n_rejected_last(trial.study) >= PATIENCE


MOST_LEVELS = 257
"""Every value of a parameter with at most so many is tried, of others the ends."""

_BISECTIONS = 24


def fitting(distribution: BaseDistribution, fits: Callable[[Any], bool]) -> BaseDistribution:
    """Return a distribution without the values that do not fit; unchanged if none does.

    Of a number, the values between the lowest and the highest that fit remain. Costs grow with
    it: above the lowest value, if that fits, the highest one is found by bisection.

    Args:
        distribution: The distribution.
        fits: Returns whether a value fits.
    """
    if isinstance(distribution, CategoricalDistribution):
        choices = [choice for choice in distribution.choices if fits(choice)]
        return CategoricalDistribution(choices) if choices else distribution
    column = Column(distribution)
    lowest, highest = column.decode(0), column.decode(column.last)
    if fits(lowest):
        if fits(highest):
            return distribution
        return between(distribution, lowest, _highest(column, fits))
    values = [value for value in probes(distribution, MOST_LEVELS) if fits(value)]
    return between(distribution, min(values), max(values)) if values else distribution


def between(distribution: BaseDistribution, low: Any, high: Any) -> BaseDistribution:
    """Return the part of a numeric distribution from ``low`` to ``high``, which are values of it.

    It is unchanged if it has no value between them, and if it is categorical.
    """
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        return distribution
    low, high = max(low, distribution.low), min(high, distribution.high)
    if low > high or (low, high) == (distribution.low, distribution.high):
        return distribution
    return type(distribution)(low, high, log=distribution.log, step=distribution.step)  # type: ignore[arg-type]


def _highest(column: Column, fits: Callable[[Any], bool]) -> Any:
    """Return the highest value that fits, where the lowest fits and the highest does not."""
    inside, outside = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        value = column.decode(middle)
        if value == column.decode(inside) or fits(value):
            inside = middle
        else:
            outside = middle
    return column.decode(inside)


def suggest(trial: BaseTrial, name: str, distribution: BaseDistribution) -> Any:
    """Ask a trial for the value of a parameter of a distribution."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    if isinstance(distribution, IntDistribution):
        d = distribution
        return trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
    if isinstance(distribution, FloatDistribution):
        f = distribution
        return trial.suggest_float(name, f.low, f.high, step=f.step, log=f.log)
    raise InputError(f"{name!r} has the unknown distribution {distribution}; use suggest_*.")
