"""Qualities, counts, durations and long lines as text, for every display."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna_dnc.objectives import Score


def quality(score: Score | None, *, percent: bool = False) -> str:
    """Format the metric of a network, without its name; empty where it was not measured.

    Args:
        score: Validation or test score.
        percent: Whether accuracies are shown in percent.
    """
    return "" if score is None else score.format(percent=percent)


def named_quality(score: Score) -> str:
    """Format the metric of a network with its name, such as ``acc 0.9722`` or ``RMSE 3.21``."""
    return f"{score.described.heading} {quality(score)}"


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


def wrapped(line: str, width: int) -> list[str]:
    """Break a line at spaces; the parts of an indented one are indented more."""
    indent = line[: len(line) - len(line.lstrip())]
    more = f"{indent}  " if indent else ""
    return textwrap.wrap(
        line, width, subsequent_indent=more, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
