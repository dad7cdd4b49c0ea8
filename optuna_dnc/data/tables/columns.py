"""Columns of training rows: categories and fill values by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc.data.tables.column import Column
from optuna_dnc.data.tables.dates import COMPACT, years
from optuna_dnc.data.tables.kind import Kind, Levels
from optuna_dnc.data.tables.kinds import frequent, infer_kind, levels_of
from optuna_dnc.data.tables.number_formats import NumberFormat
from optuna_dnc.data.tables.values import (
    as_seconds,
    as_text,
    date_format,
    first_without_number,
    is_compact_date,
    is_number,
    is_text,
    without_gaps,
)
from optuna_dnc.data.tables.written_numbers import number_format, numbers_of

MOST_ONE_HOT = 50
"""Categories up to which each gets an input of its own; more become rows of a matrix."""


def column_of(name: str, values: pa.ChunkedArray, kind: Kind | Levels | None = None) -> Column:
    """Return the column of plain training values.

    Args:
        name: Of the column.
        values: Plain values.
        kind: The kind, or the levels of ordered categories; None infers the kind.

    Raises:
        InputError: The values are not of the kind, are none of the levels, or mix numbers and
            texts.
    """
    if isinstance(kind, tuple):
        levels = levels_of(pa.chunked_array([pa.array(kind)]))
        return _with_levels(name, values, levels, are_given=True)
    if kind is None:
        kind = infer_kind(name, values)
        if kind == "numeric" and is_text(values.type):
            return _with_numbers(name, values, number_format(without_gaps(values)))
    return _COLUMNS[kind](name, values)


def _numeric(name: str, values: pa.ChunkedArray, kind: Kind = "numeric") -> Column:
    form = None
    if is_text(values.type) and first_without_number(known := without_gaps(values)) is not None:
        form = number_format(known, certain=False)
    return _with_numbers(name, values, form, kind)


def _with_numbers(
    name: str, values: pa.ChunkedArray, form: NumberFormat | None, kind: Kind = "numeric"
) -> Column:
    numbers = numbers_of(values, name, form)
    known = numbers[~np.isnan(numbers)]
    if len(known) == 0:
        raise InputError(f"column {name!r} has no values; drop it.")
    if np.isinf(known).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0])
        raise InputError(
            f"column {name!r} holds an infinite number in row {row + 1}; correct it, or leave it "
            "empty."
        )
    return Column(
        name,
        kind,
        fill=float(np.median(known)),
        has_missing=len(known) < len(numbers),
        is_float64=not _fits_float32(known),
        number_format=form,
    )


def _ordered(name: str, values: pa.ChunkedArray) -> Column:
    if is_text(values.type) and first_without_number(values) is not None:
        return _with_levels(name, values, _categories(values))
    return _numeric(name, values, "ordered")


def _with_levels(
    name: str, values: pa.ChunkedArray, levels: Levels, *, are_given: bool = False
) -> Column:
    column = Column(name, "ordered", levels, levels_are_given=are_given)
    codes = column.codes(values)
    if (unknown := np.flatnonzero(codes < 0)).size:
        row = int(unknown[0])
        raise InputError(
            f"column {name!r} must hold one of its levels {listed(levels)}, got "
            f"{shown(values[row].as_py())} in row {row + 1}; add it to the levels in kind=, or "
            "correct it."
        )
    known = codes[~np.isnan(codes)]
    if not len(known):
        raise InputError(f"column {name!r} has no values; drop it.")
    has_missing = len(known) < len(codes)
    return replace(column, fill=float(np.median(known)), has_missing=has_missing)


def _binary(name: str, values: pa.ChunkedArray) -> Column:
    categories = _categories(values)
    if len(categories) > 2:
        raise InputError(
            f"column {name!r} has {len(categories)} different values, and kind binary allows two; "
            "choose kind category."
        )
    return Column(name, "binary", categories, has_missing=values.null_count > 0)


def _category(name: str, values: pa.ChunkedArray) -> Column:
    categories = _categories(values)
    if not categories:
        raise InputError(f"column {name!r} has no values; drop it.")
    if len(categories) <= MOST_ONE_HOT:
        return Column(name, "category", categories, has_missing=values.null_count > 0)
    return Column(name, "category", frequent(values) or categories, embedded=True)


def _date(name: str, values: pa.ChunkedArray) -> Column:
    form = date_format(values) if is_text(values.type) else None
    if is_number(values.type) and is_compact_date(values):
        form = COMPACT
    seconds = as_seconds(values, name, form)
    known = seconds[~np.isnan(seconds)]
    if len(known) == 0:
        raise InputError(f"column {name!r} has no values; drop it.")
    return Column(
        name,
        "date",
        fill=float(np.median(known)),
        has_missing=len(known) < len(seconds),
        date_format=form,
        has_time=bool(np.any(known % 86_400)),
        is_float64=not _fits_float32(years(known)),
    )


def _fits_float32(known: NDArray[np.float64]) -> bool:
    """Return whether float32 keeps a thousandth of the range of some numbers."""
    low, high = float(known.min()), float(known.max())
    rounding = float(np.finfo(np.float32).eps) * max(abs(low), abs(high))
    return high == low or rounding < 1e-3 * (high - low)


def _categories(values: pa.ChunkedArray) -> tuple[str, ...]:
    """Return the distinct values as text: numbers by size, texts by the alphabet."""
    if is_number(values.type):
        found = pc.unique(values).drop_null()
        return tuple(as_text(pa.chunked_array([found.sort()])).to_pylist())
    return tuple(sorted(pc.unique(as_text(values)).drop_null().to_pylist()))


def _left_out(kind: Kind) -> Callable[[str, pa.ChunkedArray], Column]:
    return lambda name, values: Column(name, kind)


_COLUMNS: dict[Kind, Callable[[str, pa.ChunkedArray], Column]] = {
    "numeric": _numeric,
    "binary": _binary,
    "ordered": _ordered,
    "category": _category,
    "date": _date,
    "identifier": _left_out("identifier"),
    "text": _left_out("text"),
    "constant": _left_out("constant"),
}
