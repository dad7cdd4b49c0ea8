"""Configs of networks: checks of their fields, configs from JSON, names of activations."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._validation import sentence


def whole_numbers(name: str, values: Iterable[int]) -> tuple[int, ...]:
    """Return the values as a tuple, or raise unless each is a whole number of at least 1."""
    numbers = tuple(values)
    if any(not isinstance(number, int) or number < 1 for number in numbers):
        raise InputError(f"{name} must be whole numbers of at least 1, got {shown(numbers)}.")
    return numbers


def config_from_dict(config_type: type[Any], values: dict[str, Any]) -> Any:
    """Create a config from parsed JSON; lists become the tuples that frozen dataclasses hold."""
    fields = dataclasses.fields(config_type)
    known = [field.name for field in fields]
    for name in values:
        if name not in known:
            raise unknown_name(f"{config_type.__name__} field", name, known)
    for field in fields:
        absent = dataclasses.MISSING
        if field.name not in values and field.default is field.default_factory is absent:
            raise InputError(f"{config_type.__name__} needs the field {field.name!r}; add it.")
    _check_types(config_type, values)
    return config_type(
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
    )


def _check_types(config_type: Any, values: Mapping[str, Any]) -> None:
    """Raise on fields of other types than the dataclass declares: it would fail on them later."""
    for name, adapter in _types_of(config_type).items():
        if name not in values:
            continue
        try:
            adapter.validate_json(json.dumps(values[name]), strict=True)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            item = [str(part) for part in detail["loc"]]
            what = f"{config_type.__name__} field {name!r}"
            raise InputError(f"{sentence(detail, what, item)}.") from None


@lru_cache
def _types_of(config_type: type[Any]) -> dict[str, TypeAdapter[Any]]:
    """Return the type of each field; nothing for types that pydantic does not know."""
    try:
        hints = get_type_hints(config_type, include_extras=True)
        names = [field.name for field in dataclasses.fields(config_type) if field.init]
        return {name: TypeAdapter(hints[name]) for name in names}
    except (NameError, TypeError, PydanticUserError):
        return {}


Activation = Literal["relu", "tanh", "sigmoid"]

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

ACTIVATION_WORDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
"""As a sentence has them."""
