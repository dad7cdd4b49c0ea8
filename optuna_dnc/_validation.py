"""Settings that check themselves: pydantic models whose errors are one plain sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from optuna_dnc._errors import InputError, cut, shown, unknown_name
from optuna_dnc._limits import LARGEST_FLOAT, LARGEST_INT

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
    return InputError(f"{sentence(detail, name, place[1:])}.")


def sentence(detail: ErrorDetails, name: str, item: Sequence[str] = ()) -> str:
    """What is wrong with a value, ``NAME (item 0): should be ..., got ...``, in pydantic's words.

    Args:
        detail: Of the ValidationError.
        name: What has the value.
        item: Where in it the value is, by keys and positions.
    """
    reason = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    is_absent = detail["type"] == "missing" or isinstance(detail["input"], dict)
    received = "" if is_absent else f", got {shown(detail['input'])}"
    where = f" (item {cut('.'.join(item))})" if item else ""
    return f"{cut(name)}{where}: {cut(reason, 200)}{received}"


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


def at_most(maximum: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is at most ``maximum``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value > maximum for value in values):
            raise ValueError(f"every value must be at most {maximum:,}")
        return values

    return AfterValidator(check)


def _no_bool(value: Any) -> Any:
    """Pydantic takes True for 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Int = Annotated[int, BeforeValidator(_no_bool)]
"""A whole number; a bound belongs to it."""

Whole = Annotated[Int, Field(ge=-LARGEST_INT, le=LARGEST_INT)]
"""A whole number that fits everywhere."""

Real = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT, allow_inf_nan=False),
]
"""A number whose products with others are finite."""


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

IntRange = Annotated[tuple[Whole, Whole], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; one number stands for itself alone."""

FloatRange = Annotated[tuple[Real, Real], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; one number stands for itself alone."""
