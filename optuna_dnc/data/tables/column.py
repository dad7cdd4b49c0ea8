"""A column of a table: its kind, and the network inputs that it becomes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc.data.tables.dates import PARTS_OF_DAYS, PARTS_OF_TIMES, date_parts
from optuna_dnc.data.tables.kind import LEFT_OUT, Kind
from optuna_dnc.data.tables.number_formats import NumberFormat, format_of
from optuna_dnc.data.tables.values import as_seconds, as_text
from optuna_dnc.data.tables.written_numbers import numbers_of


@dataclass(frozen=True)
class Column:
    """A column of raw values, and how they are encoded.

    - ``numeric``, and ``ordered`` numbers: one input, the number; a missing one is ``fill``.
    - ``binary``: one input, 1 for the second of two categories and 0 otherwise.
    - ``ordered`` texts: one input, the position in ``categories``.
    - ``category``: one input for each category, 1 where it is this one; if ``embedded``, one input
      with the number of the category, 0 for others.
    - ``date``: year with its fraction, day of the month, month and weekday as points of a circle,
      and the hour of the day if there are times.
    - With ``has_missing`` there is another input, 1 where the value is missing. In an embedded
      column, it is one of the others.

    All of it is plain Python and goes through JSON unchanged.
    """

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    """Values as text, of the kinds that have categories."""
    fill: float | None = None
    """What stands for a missing number or date: the median."""
    has_missing: bool = False
    """Whether values were missing in training."""
    embedded: bool = False
    """Whether the categories become the rows of a trained matrix."""
    date_format: str | None = None
    """Format of dates in texts."""
    has_time: bool = False
    """Whether dates have times of the day."""
    is_float64: bool = False
    """Whether float32 is too coarse for the numbers, or the years of dates, of training."""
    number_format: NumberFormat | None = None
    """How numbers in texts are written; None if they are plain."""
    unseen: tuple[str, ...] = ()
    """Those of ``categories`` that count as new: too few of the rows that were trained on have
    them."""
    levels_are_given: bool = False
    """Whether the order of ``categories`` was given, and not found in the training rows."""

    @property
    def is_used(self) -> bool:
        """Whether networks see the column."""
        return self.kind not in LEFT_OUT

    @cached_property
    def known(self) -> tuple[str | None, ...]:
        """Category of each code; None for one that counts as new."""
        unseen = set(self.unseen)
        return tuple(None if c in unseen else c for c in self.categories)

    @property
    def n_codes(self) -> int:
        """Number of codes of an embedded column: its categories, and 0 for all others."""
        return len(self.categories) + 1 if self.embedded else 0

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        if not self.is_used:
            return ()
        if self.embedded:
            return (self.name,)
        names: tuple[str, ...] = (self.name,)
        if self.kind == "category":
            names = tuple(f"{self.name}={category}" for category in self.categories)
        elif self.kind == "date":
            parts = PARTS_OF_TIMES if self.has_time else PARTS_OF_DAYS
            names = tuple(f"{self.name}.{part}" for part in parts)
        return (*names, f"{self.name} is missing") if self.has_missing else names

    @property
    def before_fit(self) -> Column:
        """The column without what rows that are trained on decide."""
        are_found = self.kind == "ordered" and not self.levels_are_given
        levels = () if are_found else self.categories
        return replace(self, fill=None, categories=levels, unseen=())

    @property
    def encoded_fill(self) -> NDArray[np.float64]:
        """Inputs of a missing value, without the indicator."""
        inputs = np.empty((1, len(self.inputs)))
        self.write(inputs, np.array([math.nan]))
        return inputs[0, :-1] if self.has_missing else inputs[0]

    def codes(self, values: pa.ChunkedArray) -> NDArray[np.float64]:
        """Return plain values as numbers (n,), NaN where they are missing.

        Numbers as they are, positions in ``categories`` (-1 for one that is new), and
        seconds since 1970 for dates.
        """
        if self.kind == "date":
            return as_seconds(values, self.name, self.date_format)
        if not self.categories:
            return numbers_of(values, self.name, self.number_format)
        text = as_text(values)
        known = pc.index_in(text, value_set=pa.array(self.known, pa.large_string()))
        codes = pc.fill_null(known.cast(pa.float64()), -1.0)
        coded: NDArray[np.float64] = pc.if_else(pc.is_valid(text), codes, math.nan).to_numpy()
        return coded

    def write(self, out: NDArray[Any], codes: NDArray[np.float64]) -> None:
        """Write the inputs, (n, n_inputs), for codes (n,)."""
        missing = np.isnan(codes)
        if self.embedded:
            out[:, 0] = np.where(missing, -1.0, codes) + 1.0
            return
        if self.has_missing:
            out[:, -1] = missing
        if self.kind == "category":
            known = np.flatnonzero(codes >= 0)
            out[:, : len(self.categories)] = 0
            out[known, codes[known].astype(np.intp)] = 1
        elif self.kind == "binary":
            out[:, 0] = codes == 1.0
        else:
            empty = missing | (codes < 0) if self.categories else missing
            fill = math.nan if self.fill is None else self.fill
            filled = np.where(empty, fill, codes) if empty.any() else codes
            if self.kind == "date":
                for index, part in enumerate(date_parts(filled, with_time=self.has_time)):
                    out[:, index] = part
            else:
                out[:, 0] = filled

    def unmarked_gaps(self, codes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where the fill stands for a value (n,) and no input says so, for codes (n,)."""
        gaps: NDArray[np.bool_] = codes < 0 if self.categories else np.zeros(len(codes), bool)
        return gaps if self.has_missing else gaps | np.isnan(codes)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Column:
        """Create it from its fields as plain Python, also after a way through JSON."""
        form = saved.get("number_format")
        return cls(
            **{
                **saved,
                "categories": tuple(saved["categories"]),
                "unseen": tuple(saved.get("unseen", ())),
                "number_format": None if form is None else format_of(form),
            }
        )
