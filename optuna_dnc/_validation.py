"""Validated settings: pydantic models whose errors are one sentence, as of :mod:`_arguments`."""

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
    """Base class of frozen settings; an invalid value raises :class:`InputError`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        defer_build=True,  # a command uses few of the models that it imports
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _in_one_sentence(error.errors()[0], type(self)) from None


def _in_one_sentence(detail: ErrorDetails, model: type[BaseModel]) -> InputError:
    raised = detail.get("ctx", {}).get("error")
    if isinstance(raised, InputError):
        return raised
    location = [str(part) for part in detail["loc"]]
    name = location[0] if location else model.__name__
    if detail["type"] == "extra_forbidden":
        return unknown_name("setting", name, model.model_fields)
    return InputError(f"{sentence(detail, name, location[1:])}.")


_MUST = {
    "missing": "must be given",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le:,}",
    "finite_number": "must be finite",
    "int_type": "must be an int",
    "int_parsing": "must be an int",
    "int_from_float": "must be an int",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be True or False",
    "bool_parsing": "must be True or False",
    "string_type": "must be a string",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} values",
    "too_long": "must have at most {max_length} values",
}
"""Rule by pydantic's type of error."""


def sentence(
    detail: ErrorDetails, name: str, item: Sequence[str] = (), *, advice: bool = True
) -> str:
    """Return what a value must be and what it is, ``NAME (item 0) must be ..., got ...; ...``.

    Args:
        detail: Error of a pydantic.ValidationError.
        name: Name of the setting.
        item: Keys and positions of the value in the setting.
        advice: Whether to add what to do next: what the rule says after a semicolon, if anything.
    """
    rule = _MUST.get(detail["type"], "{reason}").format(
        **detail.get("ctx", {}),
        reason=detail["msg"].removeprefix("Value error, ").replace("Input should", "must"),
    )
    rule, _, remedy = rule.partition("; ")
    is_absent = detail["type"] == "missing" or isinstance(detail["input"], dict)
    received = "" if is_absent else f", got {shown(detail['input'])}"
    where = f" (item {cut('.'.join(item))})" if item else ""
    colon = "" if rule.startswith("must ") else ":"
    end = f"; {remedy or 'change it'}" if advice else ""
    return f"{cut(name)}{where}{colon} {cut(rule, 200)}{received}{end}"


def _right_way_up(bounds: tuple[Number, Number]) -> tuple[Number, Number]:
    if bounds[0] > bounds[1]:
        raise ValueError("must have its lower bound first")
    return bounds


def at_least(minimum: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is at least ``minimum``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value < minimum for value in values):
            raise ValueError(f"must be at least {minimum}")
        return values

    return AfterValidator(check)


def below(limit: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is below ``limit``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value >= limit for value in values):
            raise ValueError(f"must be below {limit}")
        return values

    return AfterValidator(check)


def at_most(maximum: float) -> AfterValidator:
    """Check that every number of a range or a tuple of choices is at most ``maximum``."""

    def check(values: tuple[Number, ...]) -> tuple[Number, ...]:
        if any(value > maximum for value in values):
            raise ValueError(f"must be at most {maximum:,}")
        return values

    return AfterValidator(check)


def _no_bool(value: Any) -> Any:
    """Refuse bools, which pydantic takes for 0 and 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Int = Annotated[int, BeforeValidator(_no_bool)]
"""An int, to be used with a bound."""

Whole = Annotated[Int, Field(ge=-LARGEST_INT, le=LARGEST_INT)]
"""An int of 64 bits."""

Real = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT, allow_inf_nan=False),
]
"""A finite float32, whose products with others are finite in float64."""


def _twice(bounds: Any) -> Any:
    """Turn a single number into a range."""
    return (bounds, bounds) if isinstance(bounds, int | float) else bounds


def _alone(choices: Any) -> Any:
    """Turn a single value into a tuple."""
    return (
        choices if isinstance(choices, Iterable) and not isinstance(choices, str) else (choices,)
    )


def _some_distinct(choices: tuple[object, ...]) -> tuple[object, ...]:
    if not choices:
        raise ValueError("must have at least one choice")
    if len(set(choices)) < len(choices):
        raise ValueError("must have distinct choices")
    return choices


Choice = TypeVar("Choice")

Choices = Annotated[tuple[Choice, ...], BeforeValidator(_alone), AfterValidator(_some_distinct)]
"""Distinct values to choose from, at least one; a single one may be given bare."""

Some = Annotated[tuple[Choice, ...], BeforeValidator(_alone)]
"""Values in order, also none; a single one may be given bare."""

IntRange = Annotated[tuple[Whole, Whole], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; a single number is a range of its own."""

FloatRange = Annotated[tuple[Real, Real], BeforeValidator(_twice), AfterValidator(_right_way_up)]
"""``(lowest, highest)``, both included; a single number is a range of its own."""
