"""Points in the numbers of a column, which separate decimals or thousands."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from optuna_dnc._errors import listed, shown
from optuna_dnc.data.tables.as_written import as_written, is_as_written, written
from optuna_dnc.data.tables.number_formats import NumberFormat
from optuna_dnc.data.tables.values import is_text, plain, without_gaps
from optuna_dnc.data.tables.written_numbers import has_whole, points_of, sign_in


def numbers_in_file(numbers: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return plain numbers of a file: with their text, if its points may separate thousands."""
    known = text.drop_null()
    is_clear = len(known) == 0 or points_of(known) in ("none", "decimals")
    return numbers if is_clear else as_written(text)


def with_decimals(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return strings of a file with decimal commas, with ``1.234,0`` for ``1.234``.

    Then they are the same numbers without the rest of the file. Other texts stay as they are.
    """
    known = without_gaps(text).drop_null()
    if len(known) == 0 or not NumberFormat(".", ",", *sign_in(known)).fits(known):
        return text
    return pc.replace_substring_regex(text, r"(\.\d{3})($|[^\d.,])", r"\1,0\2")


def training_numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return training values with plain numbers as strings, if points separate thousands."""
    text = written(values)
    shows_thousands = is_as_written(values) and points_of(text.drop_null()) == "thousands"
    return text if shows_thousands else values


def unclear_number(values: pa.ChunkedArray) -> str | None:
    """Return a number whose point may separate decimals as well as thousands; None if none may.

    Plain numbers with three decimals each, such as ``1.234``, are what files usually hold.
    """
    text = written(values)
    if not is_text(text.type):
        return None
    known = plain(text).drop_null()
    if len(known) == 0:
        return None
    sign = sign_in(known)
    if not NumberFormat("", ".", *sign).fits(known) or points_of(known) != "unclear":
        return None
    if not sign[0] and not has_whole(known):
        return None
    with_point: str = known.filter(pc.match_substring(known, "."))[0].as_py()
    return with_point


def warn_of_unclear(columns: Sequence[tuple[str, str]]) -> None:
    """Warn of columns, with one of their numbers each, that can be read in two ways."""
    if columns:
        examples = listed([f"{name!r} ({shown(number)})" for name, number in columns])
        warnings.warn(
            f"points in the numbers of {examples} may separate decimals or thousands, and no "
            "other number of the column tells which: plain numbers are read with decimals, and "
            "those with a sign as text. Make decimals numeric with kind=; remove points between "
            "thousands from the data.",
            stacklevel=3,
        )
