"""A trial without a study, whose values come from a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import contains
from optuna_dnc.space.column import Column


def highest_answer(name: str, distribution: BaseDistribution) -> Any:
    """Return the highest value; the last choice of a categorical parameter."""
    column = Column(distribution)
    return column.decode(column.last)


def lowest_answer(name: str, distribution: BaseDistribution) -> Any:
    """Return the lowest value; the first choice of a categorical parameter."""
    return Column(distribution).decode(0)


class CallbackTrial(BaseTrial):
    """A trial without a study that takes the values of ``suggest_*`` from a function.

    It records parameters and distributions, so that code that takes a trial can run outside any
    study: to learn its search space, or, with :func:`highest_answer`, its largest configuration.
    Reports are ignored and nothing is pruned.

    Args:
        answer: Called as ``answer(name, distribution)`` once a parameter; returns a value of the
            distribution.
        number: The trial's number.
    """

    def __init__(self, answer: Callable[[str, BaseDistribution], Any], *, number: int = 0) -> None:
        self._answer = answer
        self._number = number
        self._params: dict[str, Any] = {}
        self._distributions: dict[str, BaseDistribution] = {}
        self._user_attrs: dict[str, Any] = {}
        self._constraints: dict[str, float] = {}

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        if name not in self._params:
            value = self._answer(name, distribution)
            if not contains(distribution, value):
                raise InputError(
                    f"answer returned {shown(value)} for {name!r}, which is not a value of "
                    f"{distribution}; return one of its values."
                )
            self._params[name] = value
            self._distributions[name] = distribution
        return self._params[name]

    def suggest_float(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float | None = None,
        log: bool = False,
    ) -> float:
        """Return the value of a float parameter."""
        return float(self._suggest(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Return the value of an int parameter."""
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return self._suggest(name, CategoricalDistribution(choices))

    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """Return the value of a float parameter; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high)

    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """Return the value of a logarithmic float; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high, log=True)

    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """Return the value of a stepped float; an old name that Optuna still declares."""
        return self.suggest_float(name, low, high, step=q)

    def report(self, value: float, step: int) -> None:
        """Do nothing."""

    def should_prune(self) -> bool:
        """Return False."""
        return False

    def set_user_attr(self, key: str, value: Any) -> None:
        """Record an attribute."""
        self._user_attrs[key] = value

    def set_constraint(self, key: str, value: float) -> None:
        """Record a constraint."""
        self._constraints[key] = float(value)

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, in the order of suggestion."""
        return self._params

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Distributions by name, in the order of suggestion."""
        return self._distributions

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Recorded attributes."""
        return self._user_attrs

    @property
    def constraints(self) -> dict[str, float]:
        """Recorded constraints."""
        return self._constraints

    @property
    def datetime_start(self) -> datetime | None:
        """None: the trial belongs to no study."""
        return None

    @property
    def number(self) -> int:
        """The number given at construction."""
        return self._number
