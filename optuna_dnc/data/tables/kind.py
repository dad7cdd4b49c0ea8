"""Names of the kinds of columns."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "numeric", "binary", "ordered", "category", "date", "identifier", "text", "constant"
]

KINDS: tuple[str, ...] = get_args(Kind)

Levels: TypeAlias = tuple[str, ...]
"""Ordered categories, from the lowest to the highest."""

LEVEL_SEPARATOR = ":"
"""Between the levels of an ordered column in one text."""

LEFT_OUT = ("identifier", "text", "constant")
"""Kinds of columns that no network sees."""

RARE = 3
"""Rows that an embedded category needs; rarer ones share the row of those not seen in training."""

FEW_LEVELS = 10
"""Whole numbers without gaps, from 0 or 1 to at most so many levels, are ordered categories; texts
among so few numbers may be categories, too."""
