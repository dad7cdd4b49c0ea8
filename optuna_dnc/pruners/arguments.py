"""Checks of what the user gives."""

from __future__ import annotations

from numbers import Integral

from optuna_dnc._errors import InputError


def whole(name: str, value: object, *, least: int) -> int:
    """Return ``value`` as an int, or raise :class:`InputError` unless it is one >= ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} must be an int of at least {least}, got {value!r}; change it.")
    return int(value)


def resource_range(min_resource: object, max_resource: object) -> tuple[int, int]:
    """Return both as ints, or raise :class:`InputError` unless 1 <= min <= max."""
    least = whole("min_resource", min_resource, least=1)
    most = whole("max_resource", max_resource, least=1)
    if most < least:
        raise InputError(
            f"max_resource must be at least min_resource, got {most} and {least}; raise the first "
            "or lower the second."
        )
    return least, most


def at_least_zero(name: str, value: object) -> float:
    """Return ``value`` as a float, or raise :class:`InputError` unless it is a number >= 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise InputError(f"{name} must be a number of at least 0, got {value!r}; change it.")
    return float(value)
