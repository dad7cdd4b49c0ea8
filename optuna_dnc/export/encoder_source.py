"""Source of the encoder of a table, for exported Python files."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from optuna_dnc.data.tables.dates import ZONED
from optuna_dnc.data.tables.values import NO_NUMBERS
from optuna_dnc.export.encoder_template import ENCODE, FUNCTIONS, GAPS, KNOWN, TEXT, TIME
from optuna_dnc.export.literals import assignment, mapping

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Column, Table

_WITH_CATEGORIES = ("binary", "ordered", "one_hot", "row_of_matrix")
_OF_NUMBERS = ("number", "written_number")
_OF_DATES = ("day", "day_and_hour")


@dataclass(frozen=True)
class EncoderSource:
    """Parts of the code of an encoder."""

    imports: str
    """Of the standard library; lines in alphabetical order."""
    code: str
    """Constants and functions; the last one is ``encode``."""


def encoder_source(table: Table) -> EncoderSource:
    """Write the code that encodes rows as :meth:`Table.encode` does, with what it needs alone."""
    encodings = {column.name: _encoding(column) for column in table.used}
    used = set(encodings.values())
    has_text, has_dates = bool(used & {*_WITH_CATEGORIES}), bool(used & {*_OF_DATES})
    fills = {c.name: c.fill for c in table.used if c.fill is not None and not c.embedded}
    formats = {c.name: c.date_format for c in table.used if c.date_format not in (None, ZONED)}
    written = {
        c.name: (form.group, form.decimal, form.sign)
        for c in table.used
        if (form := c.number_format) is not None
    }
    marked = [c.name for c in table.used if c.has_missing and not c.embedded]
    categories = {c.name: c.known for c in table.used if c.categories}
    parts = [f"{mapping('CATEGORIES', categories)}\n{_POSITIONS}\n" if has_text else ""]
    parts += [f"{mapping('FILLS', fills)}\n" if fills else ""]
    parts += [f"{mapping('DATE_FORMATS', formats)}\nEPOCH = datetime(1970, 1, 1)\n"] * has_dates
    parts += [f"{mapping('NUMBER_FORMATS', written)}\n" if written else ""]
    parts += [f"{assignment('GAPS', NO_NUMBERS)}\n"] * bool(used & {*_OF_NUMBERS})
    parts += [assignment("HAD_MISSING", marked), "\n\n\n", KNOWN]
    parts += [TEXT] * has_text + [TIME] * has_dates
    if written:
        used.add("number")  # for values that are no texts
    is_number = "in (number, written_number)" if written else "is number"
    gaps = Template(GAPS).substitute(is_number=is_number) if used & {*_OF_NUMBERS} else ""
    parts += [function for name, function in FUNCTIONS.items() if name in used]
    parts += [mapping("COLUMNS", encodings, are_names=True), "\n\n\n"]
    parts += [
        Template(ENCODE).substitute(width=table.width, dtype=table.dtype.__name__, gaps=gaps)
    ]
    needs_math = has_dates or bool(used & {*_OF_NUMBERS})
    return EncoderSource(
        imports="import math\n" * needs_math
        + "import re\n" * bool(written)
        + "from datetime import date, datetime, timedelta, timezone\n" * has_dates,
        code="".join(parts),
    )


_POSITIONS = """\
POSITIONS = {
    name: {category: i for i, category in enumerate(categories)}
    for name, categories in CATEGORIES.items()
}"""


def _encoding(column: Column) -> str:
    """Return the name of the function that encodes a column."""
    if column.embedded:
        return "row_of_matrix"
    if column.kind == "category":
        return "one_hot"
    if column.kind == "date":
        return "day_and_hour" if column.has_time else "day"
    if column.kind == "binary":
        return "binary"
    if column.number_format is not None:
        return "written_number"
    return "ordered" if column.categories else "number"
