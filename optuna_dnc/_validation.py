"""Settings that check themselves: pydantic models whose errors are one plain sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from optuna_dnc._errors import InputError, unknown_name

Number = TypeVar("Number", int, float)


class CheckedModel(BaseModel):
    """A frozen set of settings; anything wrong raises :class:`InputError` in one sentence."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _in_one_sentence(error.errors()[0], type(self)) from None


def _in_one_sentence(detail: ErrorDetails, model: type[BaseModel]) -> InputError:
    place = [str(part) for part in detail["loc"]]
    name = place[0] if place else model.__name__
    if detail["type"] == "extra_forbidden":
        return unknown_name("setting", name, model.model_fields)
    reason = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    received = "" if detail["type"] == "missing" or not place else f", got {detail['input']!r}"
    where = f" (item {'.'.join(place[1:])})" if len(place) > 1 else ""
    return InputError(f"{name}{where}: {reason}{received}.")


def _right_way_up(bounds: tuple[Number, Number]) -> tuple[Number, Number]:
    if bounds[0] > bounds[1]:
        raise ValueError("the range is upside down; give the lower bound first")
    return bounds


def at_least(minimum: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is at least ``minimum``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value < minimum for value in values):
            raise ValueError(f"every value must be at least {minimum}")
        return values

    return AfterValidator(check)


def below(limit: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is below ``limit``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value >= limit for value in values):
            raise ValueError(f"every value must be below {limit}")
        return values

    return AfterValidator(check)


def _twice(bounds: Any) -> Any:
    """A single number stands for the range that holds only it."""
    return (bounds, bounds) if isinstance(bounds, int | float) else bounds


def _alone(choices: Any) -> Any:
    """A single value stands for the choice that there is none."""
    return (
        choices if isinstance(choices, Iterable) and not isinstance(choices, str) else (choices,)
    )


def _some_distinct(choices: tuple[object, ...]) -> tuple[object, ...]:
    if not choices:
        raise ValueError("give at least one choice")
    if len(set(choices)) < len(choices):
        raise ValueError("a choice is given twice")
    return choices


Choice = TypeVar("Choice")

Choices = Annotated[tuple[Choice, ...], BeforeValidator(_alone), AfterValidator(_some_distinct)]
"""Values to choose from: at least one, none twice; a single one may be given bare."""

Some = Annotated[tuple[Choice, ...], BeforeValidator(_alone)]
"""Values in their order, or none; a single one may be given bare."""

IntRange = Annotated[tuple[int, int], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; one number stands for itself alone."""

FloatRange = Annotated[tuple[float, float], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; one number stands for itself alone."""
