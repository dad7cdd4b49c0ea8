"""Dialect of a CSV file, detected from its beginning."""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass

from optuna_dnc._errors import InputError, shown

HEAD = 2**16
"""Bytes from which the layout is found."""

_WIDE = 2**13
"""Characters of a header from which a table counts as wide: about a thousand columns."""

_SEPARATORS = (",", ";", "\t", "|")

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What spreadsheets begin files with that they save as Unicode text."""

_NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""First line by which spreadsheets tell each other the separator."""


@dataclass(frozen=True)
class CsvDialect:
    """Layout of a CSV file."""

    separator: str
    decimal: str
    """Decimal point or comma."""
    encoding: str
    n_above: int = 0
    """Lines above the header: empty ones, comments, and the separator's name."""
    is_wide: bool = False
    """Whether the header is so long that there are many columns."""


def dialect_of(head: bytes, name: str, encoding: str, *, has_tabs: bool = False) -> CsvDialect:
    """Find the layout of a CSV file.

    Args:
        head: Up to `HEAD` bytes at its beginning.
        name: Name of the file in messages.
        encoding: Encoding of the text; UTF-16 is recognized by its byte order mark.
        has_tabs: Whether it is known to be separated by tabs, and to have decimal points.

    Raises:
        InputError: It is empty, binary, or of an unknown encoding.
        UnicodeError: It is of another encoding.
    """
    if head.startswith(_UTF16_MARKS):
        encoding = "utf-16"
    text = _decoded(head, name, encoding).lstrip("\ufeff")
    lines = re.split(r"\r\n|\r|\n", text)
    is_named = _NAMED_SEPARATOR.fullmatch(lines[0])
    n_above = 1 if is_named else _n_above(lines)
    header = next(filter(None, lines[n_above:]), "")
    if not header.strip():
        raise InputError(f"{name} is empty; give a header and rows.")
    if has_tabs:
        return CsvDialect("\t", ".", encoding, n_above, len(header) > _WIDE)
    separator = is_named[1] if is_named else max(_SEPARATORS, key=lambda s: _n_fields(header, s))
    uses_comma = separator == ";" and re.search(r"(?:^|;)-?\d+,\d+(?:;|$)", text, re.MULTILINE)
    decimal = "," if uses_comma else "."
    return CsvDialect(separator, decimal, encoding, n_above, len(header) > _WIDE)


def _decoded(head: bytes, name: str, encoding: str) -> str:
    try:
        has_wide_characters = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
        "".encode(encoding)  # fails for codecs of something else than text
    except (LookupError, ValueError):  # the latter for a NUL character
        raise InputError(
            f"encoding {shown(encoding)} is unknown; give one such as 'utf-8' or 'latin-1'."
        ) from None
    if b"\0" in head and not has_wide_characters:
        raise InputError(
            f"{name} holds binary data or another encoding than {encoding}; save it as a CSV file "
            "in UTF-8, or name its encoding, such as 'utf-16'."
        )
    try:
        return head.decode(encoding)
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.end < HEAD - 4:  # not a character that the end cut
            raise
        return head[: error.start].decode(encoding)


def _n_above(lines: list[str]) -> int:
    """Return the number of lines above the header: comments that begin with ``#``.

    The last of them is the header if the line below it has as many fields and a number.
    """
    number = next((i for i, line in enumerate(lines) if line and line[0] != "#"), len(lines))
    comments = [i for i, line in enumerate(lines[:number]) if line]
    if not comments or number == len(lines):
        return 0
    last, below = lines[comments[-1]], lines[number]
    has_as_many = any(1 < _n_fields(last, s) == _n_fields(below, s) for s in _SEPARATORS)
    is_header = has_as_many and re.search(
        r"(?:^|[,;\t|])\s*-?\d+(?:[.,]\d+)?\s*(?:$|[,;\t|])", below
    )
    return comments[-1] if is_header else number


def _n_fields(line: str, separator: str) -> int:
    return len(next(csv.reader([line], delimiter=separator)))
