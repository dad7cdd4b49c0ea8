"""Conventions to write numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from typing_extensions import override

_SPACES = " \u00a0\u2009\u202f"
SHARES = ("%", "‰")
_MINUS = "[+\u2212-]"

UNIT = re.compile(r"\d\s?((?:[^\W\d_]|[/°²³]){1,8})$")
"""Unit behind a number."""

_FEWEST_WITH_UNIT = 11
"""Different numbers with a unit from which they are more than categories."""

Points: TypeAlias = Literal["none", "thousands", "decimals", "unclear"]
"""What points in the numbers of a column separate."""

_GROUPS = {"": "", ",": ",", ".": r"\.", " ": f"[{_SPACES}]", "'": "['\u2019]"}
"""Patterns of what separates thousands."""


@dataclass(frozen=True)
class NumberFormat:
    """A convention to write numbers.

    Thousands may be separated. Numbers in parentheses are negative. Percentages keep their
    number: 5 % is 5.
    """

    group: str
    """What separates thousands: a comma, point, space or apostrophe; empty if nothing does."""
    decimal: str
    """Decimal point or comma; a colon before minutes."""
    sign: str = ""
    """Sign of percent or of a currency, or a unit, that all numbers have; empty if none."""
    is_before: bool = False
    """Whether the sign is before the number."""

    def __str__(self) -> str:
        whole = "12" if self.sign in SHARES else f"1{self.group}234"
        number = f"{whole}{self.decimal}5"
        if self.is_before:
            return f"{self.sign}{number}"
        return f"{number}{' ' if self.has_unit else ''}{self.sign}"

    @property
    def has_unit(self) -> bool:
        """Whether the numbers have a unit in letters."""
        return UNIT.search(f"1{self.sign}") is not None

    @cached_property
    def pattern(self) -> str:
        """Regular expression of the numbers, of RE2 and of Python."""
        group = _GROUPS[self.group]
        thousands = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+|" if group else ""
        number = rf"(?:{thousands}0|[1-9]\d*)(?:{re.escape(self.decimal)}\d+)?"
        sign, space = re.escape(self.sign), f"[{_SPACES}]?"
        if sign and self.is_before:
            first = rf"(?:{_MINUS}?{sign}{space}|{sign}{space}{_MINUS})"
            return rf"^(?:{first}{number}|\({sign}{space}{number}\))$"
        number += space + sign if sign else ""
        return rf"^(?:{_MINUS}?{number}|\({number}\))$"

    def matches(self, text: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return whether each string is such a number, null where it is missing."""
        return pc.match_substring_regex(text, self.pattern)

    def fits(self, text: pa.ChunkedArray) -> bool:
        """Return whether all strings, of which none is missing, are such numbers."""
        return all_of(self.matches(text[:_HEAD])) and all_of(self.matches(text))

    def numbers(self, text: pa.ChunkedArray) -> NDArray[np.float64]:
        """Return strings that match as float64 (n,), NaN where they are missing."""
        digits = pc.replace_substring_regex(text, f"[^0-9{self.decimal}]", "")
        sizes = pc.replace_substring(digits, self.decimal, ".").cast(pa.float64())
        is_negative = pc.match_substring_regex(text, "[(\u2212-]")
        numbers: NDArray[np.float64] = pc.if_else(is_negative, pc.negate(sizes), sizes).to_numpy()
        return numbers

    def is_certain(self, text: pa.ChunkedArray) -> bool:
        """Return whether strings that all match can hardly be anything but numbers.

        They have signs, separated thousands, or parentheses around some of them. A decimal comma
        alone is not enough: ``1,2`` may be a list.
        """
        in_parentheses = pc.sum(pc.starts_with(text, "(")).as_py()
        if self.has_unit:
            return bool(pc.count_distinct(text).as_py() >= _FEWEST_WITH_UNIT)
        if self.sign or 0 < in_parentheses < len(text):
            return True
        group = _GROUPS[self.group]
        return bool(group) and any_of(pc.match_substring_regex(text, rf"\d{group}\d"))

    def agrees_with(self, points: Points) -> bool:
        """Return whether points in strings mean the same in this convention."""
        if self.group == ".":
            return points in ("none", "thousands")
        return self.decimal != "." or points in ("none", "decimals")


_HEAD = 100
"""Strings that are checked before all strings are."""

CLOCK_PATTERN = (
    r"^(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?"
    r"(?: ?(?P<half>[AaPp])[Mm])?$"
)
"""Regular expression of times of day and durations, of RE2 and of Python."""


class ClockFormat(NumberFormat):
    """Hours and minutes, with or without seconds, and AM or PM; the numbers are hours."""

    @override
    def __str__(self) -> str:
        return "8:30"

    @cached_property
    @override
    def pattern(self) -> str:
        return CLOCK_PATTERN

    @override
    def numbers(self, text: pa.ChunkedArray) -> NDArray[np.float64]:
        parts = pc.extract_regex(text, CLOCK_PATTERN)
        hours, minutes, seconds = (
            pc.if_else(pc.equal(part, ""), "0", part).cast(pa.float64()).to_numpy()
            for part in (pc.struct_field(parts, name) for name in ("hours", "minutes", "seconds"))
        )
        half = pc.fill_null(pc.utf8_lower(pc.struct_field(parts, "half")), "").to_numpy()
        of_day = np.where(half == "", hours, hours % 12 + 12 * (half == "p"))
        total: NDArray[np.float64] = of_day + minutes / 60 + seconds / 3600
        return total

    @override
    def is_certain(self, text: pa.ChunkedArray) -> bool:
        return True


CLOCK = ClockFormat("", ":")


def format_of(saved: Mapping[str, Any]) -> NumberFormat:
    """Create a format from its fields."""
    kind = ClockFormat if saved["decimal"] == CLOCK.decimal else NumberFormat
    return kind(**saved)


def any_of(values: pa.ChunkedArray) -> bool:
    """Return whether one of some booleans is true."""
    return bool(pc.any(values).as_py())


def all_of(values: pa.ChunkedArray) -> bool:
    """Return whether all of some booleans are true."""
    return bool(pc.all(values).as_py())
