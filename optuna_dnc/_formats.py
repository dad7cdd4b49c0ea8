"""Qualities, counts and durations as text, for every display."""

from __future__ import annotations


def quality(accuracy: float | None, error: float | None, accuracy_format: str = ".4f") -> str:
    """Format an accuracy, or the error if there is no accuracy; empty if there is neither.

    Args:
        accuracy: A fraction; None for regression.
        error: Validation or test error; None if it was not measured.
        accuracy_format: Format of the accuracy, such as ``.2%``.
    """
    if accuracy is not None:
        return format(accuracy, accuracy_format)
    return "" if error is None else f"{error:.4g}"


def accuracy_or_error(accuracy: float | None, error: float) -> str:
    """Format a quality with its name, such as ``acc 0.9722`` or ``error 0.03``."""
    return f"{'error' if accuracy is None else 'acc'} {quality(accuracy, error)}"


def duration(seconds: float) -> str:
    """Format a duration as ``45 s``, ``12:05 min`` or ``3:07 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def count(number: int, noun: str) -> str:
    """Format a count with its noun, such as ``1 epoch`` or ``2,000 epochs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
