"""Parameters of a Katib experiment and their feasible spaces, as Optuna distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_FLOAT

_UNIFORM = ("UNIFORM", "DISTRIBUTION_UNSPECIFIED")
_LOG_UNIFORM = "LOG_UNIFORM"
_MOST_STEPS = 2**53
"""More cannot be told apart as floats."""


def read_parameters(specs: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Read the parameters of an experiment.

    Args:
        specs: Messages ``ParameterSpec`` as dictionaries.

    Raises:
        InputError: There is none, two have one name, or one is not valid.
    """
    if not specs:
        raise InputError("parameters of the experiment must be given; add at least one.")
    parameters = tuple(_read(spec) for spec in specs)
    names = [parameter.name for parameter in parameters]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"parameter {shown(name)} occurs twice; rename one.")
    return parameters


def _read(spec: Mapping[str, Any]) -> Parameter:
    name, kind = spec["name"], spec["parameter_type"]
    space = spec.get("feasible_space", {})
    if kind == "CATEGORICAL":
        return Parameter(name, CategoricalDistribution(_choices(name, space)))
    if kind == "DISCRETE":
        choices = _choices(name, space)
        values = {text: _number(name, "list", text) for text in choices}
        numbers = tuple(sorted(choices, key=values.__getitem__))
        return Parameter(name, IntDistribution(0, len(numbers) - 1), ListedNumbers(numbers))
    if kind == "DOUBLE":
        return _double(name, space)
    if kind == "INT":
        return Parameter(name, _int(name, space))
    raise InputError(
        f"parameterType of parameter {shown(name)} must be double, int, discrete or categorical, "
        f"got {shown(kind)}; change it."
    )


def _choices(name: str, space: Mapping[str, Any]) -> list[str]:
    choices = list(space.get("list", ()))
    if not choices or len(set(choices)) < len(choices):
        raise InputError(
            f"list of parameter {shown(name)} must have distinct values, at least one, got "
            f"{shown(choices)}; change it."
        )
    return choices


def _double(name: str, space: Mapping[str, Any]) -> Parameter:
    low, high = _bounds(name, space)
    log = _is_log(name, space)
    if not space.get("step"):
        return Parameter(name, FloatDistribution(low, high, log=log))
    n_steps = _n_steps(name, space)
    if log:
        raise _log_with_step(name)
    numbers = SteppedNumbers(Decimal(space["min"]), Decimal(space["step"]))
    return Parameter(name, IntDistribution(0, n_steps), numbers)


def _int(name: str, space: Mapping[str, Any]) -> IntDistribution:
    for field in ("min", "max", "step"):
        text = space.get(field, "")
        number = _number(name, field, text) if text else 0.0
        if number != int(number) or abs(number) >= _MOST_STEPS:
            raise _invalid(name, field, "an integer below 2**53", text)
    low, high = (int(bound) for bound in _bounds(name, space))
    log = _is_log(name, space)
    if not space.get("step"):
        return IntDistribution(low, high, log=log)
    n_steps, step = _n_steps(name, space), int(float(space["step"]))
    if log and step != 1:
        raise _log_with_step(name)
    return IntDistribution(low, low + n_steps * step, log=log, step=step)


def _bounds(name: str, space: Mapping[str, Any]) -> tuple[float, float]:
    low, high = (_number(name, field, space.get(field, "")) for field in ("min", "max"))
    if low > high:
        raise InputError(
            f"min of parameter {shown(name)} must be at most its max, {shown(space['max'])}, got "
            f"{shown(space['min'])}; swap them."
        )
    return low, high


def _n_steps(name: str, space: Mapping[str, Any]) -> int:
    """Return the number of steps from the minimum that are in the range."""
    width = _number(name, "step", space["step"])
    low, high, step = (Decimal(space[field]) for field in ("min", "max", "step"))
    if width <= 0 or float(high - low) / width >= _MOST_STEPS:
        rule = "positive, and in the range less than 2**53 times"
        raise _invalid(name, "step", rule, space["step"])
    return int((high - low) // step)


def _is_log(name: str, space: Mapping[str, Any]) -> bool:
    kind = space.get("distribution", _UNIFORM[0])
    if kind in _UNIFORM:
        return False
    if kind != _LOG_UNIFORM:
        raise _invalid(name, "distribution", "uniform or logUniform", kind)
    if _number(name, "min", space["min"]) <= 0:
        raise _invalid(name, "min", "positive for the distribution logUniform", space["min"])
    return True


def _number(name: str, field: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if "_" in text or not abs(value) <= LARGEST_FLOAT:
        raise _invalid(name, field, "a finite number", text)
    return value


def _invalid(name: str, field: str, what: str, value: object) -> InputError:
    return InputError(
        f"{field} of parameter {shown(name)} must be {what}, got {shown(value)}; change it."
    )


def _log_with_step(name: str) -> InputError:
    return InputError(
        f"step and the distribution logUniform of parameter {shown(name)} are mutually exclusive; "
        "drop one of them."
    )


@dataclass(frozen=True)
class ListedNumbers:
    """The numbers of a discrete parameter."""

    texts: tuple[str, ...]
    """Ascending."""

    def text(self, position: int) -> str:
        """Return the number at a position."""
        return self.texts[position]

    def position(self, text: str) -> int:
        """Return the position of a number, or raise ValueError."""
        return self.texts.index(text)


@dataclass(frozen=True)
class SteppedNumbers:
    """The numbers of a double parameter with a step, exact in decimal digits."""

    low: Decimal
    step: Decimal

    def text(self, position: int) -> str:
        """Return the number at a position."""
        return str(float(self.low + position * self.step))

    def position(self, text: str) -> int:
        """Return the position of a number, or raise ValueError."""
        number = float(text)
        position = round((number - float(self.low)) / float(self.step))
        if float(self.text(position)) != number:
            raise ValueError(f"{text} is not a multiple of the step")
        return position


@dataclass(frozen=True)
class Parameter:
    """A parameter of an experiment."""

    name: str
    distribution: BaseDistribution
    numbers: ListedNumbers | SteppedNumbers | None = None
    """Numbers whose positions are the values of the distribution; None if the values are."""

    def text(self, value: Any) -> str:
        """Return a value of the distribution as Katib writes it."""
        return str(value) if self.numbers is None else self.numbers.text(int(value))

    def value(self, text: str) -> Any:
        """Return the value of the distribution for a string of Katib.

        Raises:
            ValueError: It is no number, or none of the choices. Ranges are not checked.
            OverflowError: It is too large.
        """
        if self.numbers is not None:
            return self.numbers.position(text)
        if isinstance(self.distribution, CategoricalDistribution):
            return self.distribution.choices[self.distribution.choices.index(text)]
        return int(text) if isinstance(self.distribution, IntDistribution) else float(text)
