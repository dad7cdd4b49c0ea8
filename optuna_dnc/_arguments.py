"""Checks of what the user gives."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np

from optuna_dnc._errors import InputError


def whole(name: str, value: object, *, least: int) -> int:
    """Return ``value`` as an int, or raise :class:`InputError` unless it is one >= ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} must be an int of at least {least}, got {value!r}; change it.")
    return int(value)


def seed_or_drawn(seed: object) -> int:
    """Return the seed that was given, at least 0, or one that the system draws for None."""
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
        raise InputError(f"{name} must be positive and finite, got {value!r}; change it.")
    return number


def between(name: str, value: object, low: float, high: float) -> float:
    """Return ``value`` as a float, or raise :class:`InputError` unless it is in [low, high]."""
    number = _number(name, value)
    if not low <= number <= high:
        allowed = f"at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g}]"
        raise InputError(f"{name} must be {allowed}, got {value!r}; change it.")
    return number


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name} must be a number, got {value!r}; change it.")
    return float(value)
