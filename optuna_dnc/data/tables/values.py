"""Values of a column as text, as numbers or as points in time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.tables.as_written import is_as_written, written
from optuna_dnc.data.tables.dates import COMPACT, ZONED

MISSING = (
    *("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "?"),
    *("#N/A", "#NA", "#N/A N/A", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),
)
"""Texts in CSV files that stand for a missing value."""

NO_NUMBERS = (
    *sorted({text.lower() for text in MISSING}),
    *("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "na", "n.a.", "k.a.", "none", "nil"),
    *("missing", "unknown", "not available"),
)
"""Texts in small letters that stand for a missing value among numbers; elsewhere, they may be
categories."""

DATE_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y"),
    *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y"),
    *("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y"),
)
"""Formats in which dates are found in texts, also followed by a time."""

_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")

_BEGINNING = r"^(?:\d{1,4}[-./]\d|\d{1,2}[ -][A-Za-z]{3}|[A-Z][a-z]{2,8} \d{1,2}, \d)"
"""What dates in texts begin with."""

_HEAD = 100
"""Values that are checked before all values are."""

_IN_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""Units of time of Arrow in a second."""


def is_text(kind: pa.DataType) -> bool:
    """Return whether values of this type are strings, also those of a categorical column."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_number(kind: pa.DataType) -> bool:
    """Return whether values of this type are numbers; booleans are not."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def is_date(kind: pa.DataType) -> bool:
    """Return whether values of this type are dates or points in time."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values without encodings, and with missing ones as null: NaN and empty strings.

    Times of day become hours, and durations seconds.
    """
    if is_as_written(values):
        return written(values).cast(pa.float64())
    if pa.types.is_dictionary(values.type):
        if is_text(values.type):
            return _plain_categories(values)
        values = values.cast(values.type.value_type)
    if pa.types.is_time(values.type):
        values = _seconds(values, pa.int64() if pa.types.is_time64(values.type) else pa.int32())
        values = pc.divide(values, 3600.0)
    elif pa.types.is_duration(values.type):
        values = _seconds(values, pa.int64())
    elif pa.types.is_decimal(values.type) or pa.types.is_float16(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_floating(values.type):
        return _without(values, pc.is_nan(values))
    if is_text(values.type):
        trimmed = pc.utf8_trim_whitespace(values.cast(pa.large_string()))
        return _without(trimmed, pc.equal(trimmed, ""))
    return values


def _seconds(values: pa.ChunkedArray, whole: pa.DataType) -> pa.ChunkedArray:
    """Return times of day or durations, which are stored as whole numbers, in seconds."""
    return pc.divide(values.cast(whole).cast(pa.float64()), _IN_SECOND[values.type.unit])


def _plain_categories(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a categorical column of strings as :func:`plain` does, each category once."""
    chunks = [
        plain(pa.chunked_array([chunk.dictionary])).combine_chunks().take(chunk.indices)
        for chunk in values.chunks
    ]
    return pa.chunked_array(chunks, pa.large_string())


def _without(values: pa.ChunkedArray, is_missing: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values with null where they are missing; most columns need no copy."""
    if not pc.any(is_missing).as_py():
        return values
    return pc.if_else(is_missing, pa.scalar(None, values.type), values)


def as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return plain values as strings: 3, 3.0 and "3" are equal, and so are True and "true"."""
    if pa.types.is_floating(values.type) and are_whole(values):
        within = pc.all(pc.less_equal(pc.abs(values), 2.0**53)).as_py()
        values = values.cast(pa.int64()) if within else values
    text = values.cast(pa.large_string())
    if not is_text(values.type) or not _has_booleans(text):
        return text
    lower = pc.utf8_lower(text)
    return pc.if_else(_is_boolean(lower), lower, text)


def _has_booleans(text: pa.ChunkedArray) -> bool:
    """Return whether some strings are ``True`` or ``False`` in any case."""
    length = pc.binary_length(text)
    is_candidate = pc.and_(pc.greater_equal(length, 4), pc.less_equal(length, 5))
    candidates = pc.unique(text.filter(is_candidate))
    return bool(pc.any(_is_boolean(pc.utf8_lower(candidates))).as_py())


def _is_boolean(lower: Any) -> Any:
    """Return whether strings in small letters are names of booleans."""
    return pc.or_(pc.equal(lower, "true"), pc.equal(lower, "false"))


def are_whole(numbers: pa.ChunkedArray) -> bool:
    """Return whether all numbers that are not missing are whole."""
    if pa.types.is_integer(numbers.type):
        return True
    parts = (numbers[:_HEAD], numbers)
    return all(pc.all(pc.equal(part, pc.round(part))).as_py() is not False for part in parts)


def as_numbers(values: pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """Return plain values as float64 (n,), NaN where they are missing.

    Raises:
        InputError: One is no number; the message has its row.
    """
    if is_text(values.type):
        first = first_without_number(values)
        if first is not None:
            raise InputError(
                f"column {name!r} must hold numbers, got {shown(values[first].as_py())} in row "
                f"{first + 1}; correct it, or leave it empty where the value is missing."
            )
    elif is_date(values.type):
        raise InputError(f"column {name!r} must hold numbers, got {values.type}; convert it.")
    elif pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    numbers: NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy()
    return numbers


def weights_of(values: pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """Return plain values as weights, float64 (n,) of at least 0.

    Raises:
        InputError: One is missing, or no such number; the message has its row.
    """
    weights = as_numbers(values, name)
    wrong = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if wrong.size:
        found = weights[wrong[0]].item()
        got = "none" if np.isnan(found) else shown(found)
        raise InputError(
            f"column {name!r} must hold finite numbers of at least 0, got {got} in row "
            f"{wrong[0] + 1}; correct it."
        )
    return weights


def number_columns(table: pa.Table) -> NDArray[np.float64]:
    """Return a table of numbers as an array (n, columns), NaN where they are missing."""
    columns = [as_numbers(plain(table[name]), name) for name in table.column_names]
    numbers: NDArray[np.float64] = np.stack(columns, axis=1)
    return numbers


def without_gaps(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return strings of a column of numbers, with null for texts that stand for missing ones."""
    is_gap = pc.is_in(pc.utf8_lower(text), pa.array(NO_NUMBERS, text.type))
    return pc.if_else(is_gap, pa.scalar(None, text.type), text)


def first_without_number(text: pa.ChunkedArray) -> int | None:
    """Return the index of the first string that is no number; None if all are, or missing."""
    at = pc.index(pc.fill_null(matches_number(text), True), False).as_py()
    return None if at < 0 else int(at)


def matches_number(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return whether each string is a number, null where it is missing."""
    return pc.match_substring_regex(text, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def date_format(text: pa.ChunkedArray) -> str | None:
    """Return the format in which all strings are dates; None if there is none."""
    some = text.drop_null()
    if len(some) == 0:
        return None
    if pc.match_substring_regex(some[0], r"^\d{8}$").as_py():
        return COMPACT if _is_in(some, COMPACT) else None
    if not pc.match_substring_regex(some[0], _BEGINNING).as_py():
        return None
    for time in _TIMES:
        for date in DATE_FORMATS:
            if _is_in(some[:_HEAD], date + time) and _is_in(some, date + time):
                return date + time
    return None if _zoned_times(some) is None else ZONED


def is_compact_date(numbers: pa.ChunkedArray) -> bool:
    """Return whether whole numbers are dates such as 20241231, of 1900 to 2100."""
    low, high = (limit.as_py() for limit in pc.min_max(numbers).values())
    return 19_000_101 <= low <= high <= 21_001_231 and _is_in(as_text(numbers), COMPACT)


def _is_in(text: pa.ChunkedArray, form: str) -> bool:
    return not pc.any(_parsed(text, form)[1]).as_py()


def as_seconds(values: pa.ChunkedArray, name: str, form: str | None) -> NDArray[np.float64]:
    """Return points in time as seconds since 1970, float64 (n,), NaN where they are missing.

    Args:
        values: Plain values.
        name: Name of the column, for messages.
        form: Format of dates in strings; None if training had none.

    Raises:
        InputError: One is no date.
    """
    if form == COMPACT and is_number(values.type):
        values = as_text(values)
    if is_text(values.type):
        first = values.drop_null()[:1]
        form = form or date_format(values) or date_format(first) or DATE_FORMATS[0]
        times, is_wrong = _parsed(values, form)
        row = pc.index(is_wrong, True).as_py()
        if row >= 0 and (zoned := _zoned_times(values)) is not None:
            times, row = zoned, -1
        if row >= 0:
            example = datetime(2024, 12, 31, 18, 30, tzinfo=timezone.utc).strftime(form)
            raise InputError(
                f"column {name!r} must hold dates such as {example}, got "
                f"{shown(values[row].as_py())} in row {row + 1}; correct it."
            )
        values = times
    elif not is_date(values.type) and values.null_count < len(values):
        raise InputError(f"column {name!r} must hold dates, got {values.type}; convert it.")
    stamps: Any = values.cast(pa.timestamp("s"), safe=False).to_numpy()
    seconds: NDArray[np.float64] = stamps.astype("datetime64[s]").astype(np.float64)
    seconds[np.isnat(stamps)] = np.nan
    return seconds


def _zoned_times(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return ISO 8601 strings with a zone as points in time; None if one has another format."""
    try:
        return text.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return None


def _parsed(text: pa.ChunkedArray, form: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return strings as points in time, and whether each one is in another format."""
    if form == ZONED:
        zoned = _zoned_times(text)
        each = [] if zoned is not None else [text[i : i + 1] for i in range(len(text))]
        return zoned, pa.chunked_array([[_zoned_times(one) is None for one in each]], pa.bool_())
    times = pc.strptime(text, format=form, unit="s", error_is_null=True)
    is_year = pc.fill_null(pc.greater_equal(pc.year(times), 100), False)  # 24 is no year
    return times, pc.and_(pc.is_valid(text), pc.invert(is_year))
