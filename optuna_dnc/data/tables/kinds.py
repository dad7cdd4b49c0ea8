"""Inference of the kinds of columns from training rows."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.rounding import within_rounding
from optuna_dnc.data.tables.digit_codes import has_digit_codes
from optuna_dnc.data.tables.kind import FEW_LEVELS, RARE, Kind, Levels
from optuna_dnc.data.tables.values import (
    are_whole,
    as_numbers,
    as_text,
    date_format,
    first_without_number,
    is_compact_date,
    is_date,
    is_number,
    is_text,
    matches_number,
    plain,
    without_gaps,
)
from optuna_dnc.data.tables.written_numbers import number_format

_COINCIDENCES = 6
"""Expected number of equal pairs among random whole numbers of a range: where there is none, the
numbers are an identifier."""

_WORDS = 3
"""Mean number of words above which texts that hardly repeat are free text."""

_DISTINCT = 0.5
"""Share of distinct values from which texts hardly repeat."""

_HEAD = 1000
"""Rows in which two values are sought before all are counted."""

_FEWEST_NUMBERED = 20
"""Rows from which distinct values can be identifiers."""

_MOSTLY = 0.9
"""Share of numbers from which other texts in a column are a fault."""

_ID_NAME = re.compile(
    r"(?i)^(id|uuid|guid|index|row_?(id|num|number)|unnamed.*|)$|[_ .-](id|uuid)$"
)
_ID_SUFFIX = re.compile(r"[a-z]I[Dd]$")


def declared_kind(values: pa.ChunkedArray) -> Kind | Levels | None:
    """Return what a data frame declares of its categories.

    Returns:
        The levels of ordered categories, in their order. The kind of categories that are numbers:
        ``ordered`` if the declared order is that of the numbers, else ``category``. None for all
        others, and for two or fewer different values.
    """
    kind = values.type
    if not pa.types.is_dictionary(kind) or _n_distinct(plain(values)) <= 2:
        return None
    is_of_numbers = is_number(kind.value_type)
    if not kind.ordered:
        return "category" if is_of_numbers else None
    declared = plain(pa.chunked_array([values.unify_dictionaries().chunk(0).dictionary]))
    if is_of_numbers and declared.to_pylist() in _both_ways(declared.to_pylist()):
        return "ordered"
    return levels_of(declared)


def _both_ways(numbers: list[float]) -> tuple[list[float], list[float]]:
    return sorted(numbers), sorted(numbers, reverse=True)


def levels_of(values: pa.ChunkedArray) -> Levels:
    """Return plain values as levels in the order in which they occur first."""
    return tuple(pc.unique(as_text(values)).drop_null().to_pylist())


def infer_kind(name: str, values: pa.ChunkedArray) -> Kind:
    """Infer the kind of plain training values.

    - No two different values, but for the rounding of floats: constant. Two: binary.
    - Dates, texts in one format of dates, and numbers such as 20241231: date.
    - Whole numbers: ``identifier`` if no two are equal and a random choice would have equal ones,
      or the name says so; ``ordered`` if they are 0, 1, ... or 1, 2, ... without gaps up to 10
      levels; otherwise numeric, as are other numbers.
    - Texts that are numbers in one convention, such as ``1,234``, ``5%`` or ``8:30``: numeric,
      also with texts for missing values among them, such as ``-``.
    - Digits of which some have leading zeros, such as ``00501``, are codes, as other texts are.
    - Other texts: ``identifier`` or ``text`` if they hardly repeat; otherwise category.
    """
    if pa.types.is_boolean(values.type):
        return "binary" if _n_distinct(values) == 2 else "constant"
    if is_date(values.type):
        return "date" if _n_distinct(values) > 1 else "constant"
    if is_number(values.type):
        return _kind_of_numbers(name, values)
    if is_text(values.type):
        return _kind_of_texts(name, values)
    if values.null_count == len(values):
        return "constant"
    if pa.types.is_nested(values.type):
        raise InputError(
            f"column {name!r} holds lists or records ({values.type}); drop it, or give one column "
            "for each value."
        )
    raise InputError(
        f"column {name!r} holds {values.type}, which is not supported; drop it, or convert it to "
        "numbers or strings."
    )


def _kind_of_numbers(name: str, values: pa.ChunkedArray) -> Kind:
    if (single := _single_but_for_rounding(values)) is not None:
        return single
    if (few := _few_distinct(values)) is not None:
        return few
    if not are_whole(values):
        return "numeric"
    low, high = (float(limit.as_py()) for limit in pc.min_max(values).values())
    n_distinct, n = _n_distinct(values), len(values)
    if n_distinct > FEW_LEVELS and is_compact_date(values):
        return "date"
    if n_distinct == n >= _FEWEST_NUMBERED:
        coincidences = n * (n - 1) / 2 / (high - low + 1)
        if coincidences >= _COINCIDENCES or _is_id_name(name):
            return "identifier"
    is_gapless = low in (0, 1) and high - low + 1 == n_distinct
    return "ordered" if is_gapless and n_distinct <= FEW_LEVELS else "numeric"


def _kind_of_texts(name: str, values: pa.ChunkedArray) -> Kind:
    texts, counts = _counted(values)
    if has_digit_codes(texts):
        return _kind_of_words(values, texts)
    is_number = matches_number(texts)
    n_known = len(values) - values.null_count
    n_numbers = pc.sum(counts.filter(is_number)).as_py() or 0
    n_distinct = len(texts)
    if n_distinct > 2 and number_format(texts) is not None:
        return "numeric"
    if n_known and n_numbers == n_known:  # a frame of strings, such as of a database
        return _kind_of_numbers(name, pa.chunked_array([as_numbers(values, name)]))
    has_gaps = n_distinct > FEW_LEVELS and 0 < without_gaps(texts).null_count < n_distinct
    if has_gaps and infer_kind(name, without_gaps(values)) == "numeric":
        return "numeric"
    n_others = n_distinct - (pc.sum(is_number).as_py() or 0)
    is_same = n_numbers > n_known / 2 and n_others == 1
    if n_distinct > FEW_LEVELS and (is_same or n_numbers >= _MOSTLY * n_known):
        first = first_without_number(values)
        assert first is not None
        raise InputError(
            f"column {name!r} mixes numbers and other values: {n_known - n_numbers:,} of "
            f"{n_known:,}, the first {shown(values[first].as_py())} in row {first + 1}; correct "
            "them, leave them empty, or make it a category with kind=."
        )
    return _kind_of_words(values, texts)


def _kind_of_words(values: pa.ChunkedArray, texts: pa.ChunkedArray) -> Kind:
    """Return the kind of strings that are no numbers; ``texts`` are the distinct ones."""
    n_known, n_distinct = len(values) - values.null_count, len(texts)
    if n_distinct <= 2:
        return "binary" if n_distinct == 2 else _with_gaps(values)
    if date_format(texts) is not None:
        return "date"
    if n_distinct >= _DISTINCT * n_known and n_known >= _FEWEST_NUMBERED:
        words = pc.mean(pc.count_substring(values.drop_null(), " ")).as_py() + 1
        if words > _WORDS:
            return "text"
        if n_distinct == n_known or len(frequent(values)) < 2:
            return "identifier"
    return "category"


def _counted(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.Array]:
    """Return the distinct values in order of their first rows, and the number of rows of each."""
    found = pc.value_counts(values)
    found = found.filter(pc.is_valid(found.field("values")))
    return pa.chunked_array([found.field("values")]), found.field("counts")


def _single_but_for_rounding(values: pa.ChunkedArray) -> Kind | None:
    """Return the kind of several numbers that are one but for rounding; else None.

    With gaps they stay numbers, so that one fill stands for all and the gaps are seen. Integers of
    a table are exact, and may be codes.
    """
    if not pa.types.is_floating(values.type):
        return None
    low, high = (limit.as_py() for limit in pc.min_max(values).values())
    if low == high or not within_rounding(low, high, values.type.to_pandas_dtype()):
        return None
    return "numeric" if values.null_count else "constant"


def _few_distinct(values: pa.ChunkedArray) -> Kind | None:
    if _n_distinct(values[:_HEAD]) > 2:  # spares counting millions of values
        return None
    n_distinct = _n_distinct(values)
    if n_distinct == 2:
        return "binary"
    return _with_gaps(values) if n_distinct < 2 else None


def _with_gaps(values: pa.ChunkedArray) -> Kind:
    """Return the kind of a single value: where it is sometimes missing, that is informative."""
    return "binary" if 0 < values.null_count < len(values) else "constant"


def _is_id_name(name: str) -> bool:
    return bool(_ID_NAME.search(name) or _ID_SUFFIX.search(name))


def _n_distinct(values: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(values, mode="only_valid").as_py())


def frequent(values: pa.ChunkedArray) -> tuple[str, ...]:
    """Return the values that at least `RARE` rows have, as text."""
    counts = pc.value_counts(as_text(values).drop_null())
    kept = counts.field("values").filter(pc.greater_equal(counts.field("counts"), RARE))
    return tuple(sorted(kept.to_pylist()))
