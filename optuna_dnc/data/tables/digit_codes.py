"""Codes of digits with leading zeros, such as postal codes: ``00501``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

_PADDED = r"^0\d{2,}$"
"""Two digits may be numbers of months or hours."""

_FRACTION = r"^[+-]?(\d*\.\d*|\d.*[eE].*)$"


def has_digit_codes(text: pa.ChunkedArray) -> bool:
    """Return whether digits in strings are codes: some have leading zeros, none has decimals."""
    is_padded = pc.match_substring_regex(text, _PADDED)
    if not pc.any(is_padded).as_py():
        return False
    return not pc.any(pc.match_substring_regex(text, _FRACTION)).as_py()


def digit_codes(
    table: pa.Table, parsed: Callable[[Sequence[str]], pa.Table]
) -> dict[str, pa.ChunkedArray]:
    """Return columns of whole numbers that are codes in the file, as strings by name.

    Args:
        table: The columns as they were parsed.
        parsed: Parses some columns as strings.
    """
    whole = [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if pa.types.is_integer(column.type)
    ]
    if not whole or len(set(table.column_names)) < table.num_columns:
        return {}  # columns of one name are refused
    texts = parsed(whole)
    trimmed = {name: pc.utf8_trim_whitespace(texts[name]) for name in whole}
    return {name: text for name, text in trimmed.items() if has_digit_codes(text)}
