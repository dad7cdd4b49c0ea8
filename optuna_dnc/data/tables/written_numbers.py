"""Formatted numbers: ``1,234``, ``$1,200.50``, ``1.234,56 €``, ``5 kg``, ``(12)``."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.tables.number_formats import (
    CLOCK,
    SHARES,
    UNIT,
    NumberFormat,
    Points,
    all_of,
    any_of,
)
from optuna_dnc.data.tables.values import as_numbers, is_text, without_gaps

_CONVENTIONS = (
    *((",", "."), ("", ".")),  # where a comma may be either, it is read in English
    *((".", ","), (" ", "."), (" ", ","), ("'", "."), ("", ",")),
)
"""Separators of thousands and of decimals, in the order in which they are tried."""

_SEVERAL = 3
"""Different whole numbers that are no codes of missing values, such as 0 or 999."""


def number_format(text: pa.ChunkedArray, *, certain: bool = True) -> NumberFormat | None:
    """Return the one convention in which all strings are numbers; None if there is none.

    Args:
        text: Plain strings.
        certain: Whether to find only what can hardly be anything else.
    """
    some = text.drop_null()
    if len(some) == 0:
        return None
    if CLOCK.fits(some):
        return CLOCK
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
    if not any_of(pc.match_substring(text, ".")):
        return "none"
    sign = sign_in(text)
    if not NumberFormat(".", ",", *sign).fits(text):
        return "decimals"
    if any_of(pc.match_substring(text, ",")):
        return "thousands"
    has_several = pc.match_substring_regex(text, r"\..*\.")
    if any_of(has_several):
        return "thousands" if sign[0] or not all_of(has_several) else "unclear"
    if any_of(pc.match_substring_regex(text, r"\d{4}")):
        return "decimals"
    if not any_of(pc.match_substring_regex(text, r"\.\d\d0(?:\D|$)")):
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
        if character in SHARES or unicodedata.category(character) == "Sc":
            return character, not any(map(str.isdigit, text[:index]))
    unit = UNIT.search(text)
    return (unit[1] if unit else ""), False


def has_whole(text: pa.ChunkedArray) -> bool:
    """Return whether some numbers have no point."""
    return not all_of(pc.match_substring(text, "."))
