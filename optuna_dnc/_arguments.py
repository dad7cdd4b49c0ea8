"""Checks of arguments: each returns the value, or raises ``InputError`` in one sentence."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable
from numbers import Integral, Real

import numpy as np

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_INT
from optuna_dnc._names import check_can_be_made


def whole(name: str, value: object, *, least: int, most: int = LARGEST_INT) -> int:
    """Return ``value`` as an int, or raise :class:`InputError` unless it is in [least, most]."""
    number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None
    if number is None or number < least:
        raise InputError(
            f"{name} must be an int of at least {least}, got {shown(value)}; change it."
        )
    if number > most:
        raise InputError(f"{name} must be at most {most:,}, got {shown(value)}; lower it.")
    return number


def threads(name: str, value: object) -> int:
    """Return a number of threads; for -1 that of the CPU cores, as in Optuna."""
    return (os.cpu_count() or 1) if value == -1 else whole(name, value, least=1)


def seed_or_drawn(seed: object) -> int:
    """Return a seed of at least 0; a random one for None."""
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return whole("seed", seed, least=0)


def at_least_zero(name: str, value: object) -> float:
    """Return ``value`` as a float, or raise :class:`InputError` unless it is a number >= 0."""
    return between(name, value, 0.0, math.inf)


def positive(name: str, value: object) -> float:
    """Return ``value`` as a float, or raise :class:`InputError` unless it is finite and > 0."""
    number = _number(name, value)
    if not 0 < number < math.inf:
        raise InputError(f"{name} must be positive and finite, got {shown(value)}; change it.")
    return number


def between(name: str, value: object, low: float, high: float) -> float:
    """Return ``value`` as a float, or raise :class:`InputError` unless it is in [low, high]."""
    number = _number(name, value)
    if not low <= number <= high:
        allowed = f"at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g}]"
        raise InputError(f"{name} must be {allowed}, got {shown(value)}; change it.")
    return number


def either(name: str, value: object) -> bool:
    """Return ``value``, or raise :class:`InputError` unless it is True or False."""
    if not isinstance(value, bool):
        raise InputError(f"{name} must be True or False, got {shown(value)}; change it.")
    return value


def function(name: str, value: object) -> None:
    """Raise :class:`InputError` unless ``value`` can be called."""
    if not callable(value):
        raise InputError(f"{name} must be a function, got {shown(value)}; change it.")


def functions(name: str, values: object) -> tuple[Callable[..., None], ...]:
    """Return ``values`` as a tuple, or raise :class:`InputError` unless all can be called."""
    if not isinstance(values, Iterable) or not all(map(callable, found := tuple(values))):
        raise InputError(f"{name} must be a list of functions, got {shown(values)}; change it.")
    return found


def words(name: str, values: object) -> tuple[str, ...]:
    """Return a text or several as a tuple, or raise :class:`InputError` if one is no text."""
    listed = (values,) if isinstance(values, str) else values
    found = tuple(listed) if isinstance(listed, Iterable) else (listed,)
    if not all(isinstance(value, str) for value in found):
        raise InputError(
            f"{name} must be a name or a list of names, got {shown(values)}; change it."
        )
    return found


def exceptions(name: str, values: object) -> tuple[type[Exception], ...]:
    """Return exception classes as a tuple, or raise :class:`InputError` if one is none."""
    listed = tuple(values) if isinstance(values, Iterable) else (values,)
    if not all(isinstance(value, type) and issubclass(value, Exception) for value in listed):
        raise InputError(
            f"{name} must be an exception class such as ValueError, or a list of them, got "
            f"{shown(values)}; change it."
        )
    return listed


def folder_name(name: str, value: object) -> str:
    """Return a path with ``~`` expanded, or raise :class:`InputError` if it is invalid."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise InputError(f"{name} must be a path of a folder, got {shown(value)}; change it.")
    path = os.path.expanduser(os.fsdecode(value))  # noqa: PTH111 - leaves ~unknown as it is
    check_can_be_made(name, path)
    return path


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name} must be a number, got {shown(value)}; change it.")
    try:
        return float(value)
    except OverflowError:
        raise InputError(
            f"{name} must be at most {sys.float_info.max:.4g}, got {shown(value)}; lower it."
        ) from None
