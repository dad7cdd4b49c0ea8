"""Formatted numbers: ``1,234``, ``$1,200.50``, ``1.234,56 €``, ``5 kg``, ``(12)``."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.tables.values import as_numbers, is_text, without_gaps

_SPACES = " \u00a0\u2009\u202f"
_SHARES = ("%", "‰")
_MINUS = "[+\u2212-]"

_UNIT = re.compile(r"\d\s?((?:[^\W\d_]|[/°²³]){1,8})$")
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
    """Decimal point or comma."""
    sign: str = ""
    """Sign of percent or of a currency, or a unit, that all numbers have; empty if none."""
    is_before: bool = False
    """Whether the sign is before the number."""

    def __str__(self) -> str:
        whole = "12" if self.sign in _SHARES else f"1{self.group}234"
        number = f"{whole}{self.decimal}5"
        if self.is_before:
            return f"{self.sign}{number}"
        return f"{number}{' ' if self.has_unit else ''}{self.sign}"

    @property
    def has_unit(self) -> bool:
        """Whether the numbers have a unit in letters."""
        return _UNIT.search(f"1{self.sign}") is not None

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
        return _all(self.matches(text[:_HEAD])) and _all(self.matches(text))

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
        return bool(group) and _any(pc.match_substring_regex(text, rf"\d{group}\d"))

    def agrees_with(self, points: Points) -> bool:
        """Return whether points in strings mean the same in this convention."""
        if self.group == ".":
            return points in ("none", "thousands")
        return self.decimal != "." or points in ("none", "decimals")


_CONVENTIONS = (
    *((",", "."), ("", ".")),  # where a comma may be either, it is read in English
    *((".", ","), (" ", "."), (" ", ","), ("'", "."), ("", ",")),
)
"""Separators of thousands and of decimals, in the order in which they are tried."""

_SEVERAL = 3
"""Different whole numbers that are no codes of missing values, such as 0 or 999."""

_HEAD = 100
"""Strings that are checked before all strings are."""


def number_format(text: pa.ChunkedArray, *, certain: bool = True) -> NumberFormat | None:
    """Return the one convention in which all strings are numbers; None if there is none.

    Args:
        text: Plain strings.
        certain: Whether to find only what can hardly be anything else.
    """
    some = text.drop_null()
    if len(some) == 0:
        return None
    sign = sign_in(some)
    points = None
    for group, decimal in _CONVENTIONS:
        form = NumberFormat(group, decimal, *sign)
        if not form.fits(some):
            continue
        if not certain:
            return form
        points = points or points_of(some)
        if form.agrees_with(points) and form.is_certain(some):
            return form
    return None


def points_of(text: pa.ChunkedArray) -> Points:
    """Return what points in numbers separate, inferred from the whole column.

    Points that are not followed by three digits each, numbers such as ``0.125``, and thousands
    without a point beside them show decimals. These show thousands: a decimal comma; several
    points in some of the numbers; and several whole numbers beside others that end with zeros, as
    ``980`` beside ``12.500``, since decimals are written either all with their zeros or without.

    Args:
        text: Strings that are numbers, without missing ones.
    """
    if not _any(pc.match_substring(text, ".")):
        return "none"
    sign = sign_in(text)
    if not NumberFormat(".", ",", *sign).fits(text):
        return "decimals"
    if _any(pc.match_substring(text, ",")):
        return "thousands"
    has_several = pc.match_substring_regex(text, r"\..*\.")
    if _any(has_several):
        return "thousands" if sign[0] or not _all(has_several) else "unclear"
    if _any(pc.match_substring_regex(text, r"\d{4}")):
        return "decimals"
    if not _any(pc.match_substring_regex(text, r"\.\d\d0(?:\D|$)")):
        return "unclear"
    whole = text.filter(pc.invert(pc.match_substring(text, ".")))
    n_whole = pc.count_distinct(whole.filter(pc.not_equal(whole, "0"))).as_py()
    return "thousands" if n_whole >= (1 if sign[0] else _SEVERAL) else "unclear"


def numbers_of(
    values: pa.ChunkedArray, name: str, form: NumberFormat | None
) -> NDArray[np.float64]:
    """Return plain values as float64 (n,), NaN where they are missing.

    Args:
        values: Numbers, or strings.
        name: Name of the column, for messages.
        form: Format of the strings; None if they are plain numbers.

    Raises:
        InputError: One is no such number.
    """
    if is_text(values.type):
        values = without_gaps(values)
    if form is None or not is_text(values.type):
        return as_numbers(values, name)
    at = pc.index(pc.fill_null(form.matches(values), True), False).as_py()
    if at >= 0:
        raise InputError(
            f"column {name!r} must hold numbers written as {form}, got "
            f"{shown(values[at].as_py())} in row {at + 1}; correct it, or leave it empty "
            "where the value is missing."
        )
    return form.numbers(values)


def sign_in(texts: pa.ChunkedArray) -> tuple[str, bool]:
    """Return sign of percent or currency, or unit, of the first string; whether it is in front."""
    text = texts[0].as_py()
    for index, character in enumerate(text):
        if character in _SHARES or unicodedata.category(character) == "Sc":
            return character, not any(map(str.isdigit, text[:index]))
    unit = _UNIT.search(text)
    return (unit[1] if unit else ""), False


def has_whole(text: pa.ChunkedArray) -> bool:
    """Return whether some numbers have no point."""
    return not _all(pc.match_substring(text, "."))


def _any(values: pa.ChunkedArray) -> bool:
    return bool(pc.any(values).as_py())


def _all(values: pa.ChunkedArray) -> bool:
    return bool(pc.all(values).as_py())
