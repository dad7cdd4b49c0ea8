"""Columns of a table and their encoding as network inputs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed
from optuna_dnc._markdown import counted
from optuna_dnc.data.frames import counted_columns
from optuna_dnc.data.tables.as_written import written
from optuna_dnc.data.tables.column import Column
from optuna_dnc.data.tables.columns import column_of
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.doubts import Doubts
from optuna_dnc.data.tables.kind import Kind, Levels
from optuna_dnc.data.tables.kinds import declared_kind
from optuna_dnc.data.tables.points import training_numbers, unclear_number, warn_of_unclear
from optuna_dnc.data.tables.values import plain

MOST_INPUTS = 20_000
"""Maximum number of inputs of a table; a first layer of 50 nodes then has a million weights."""


MANY_INPUTS = 5_000
"""Number of inputs above which there is a warning."""


@dataclass(frozen=True)
class Table:
    """Columns of the training rows, which turn tables with the same columns into inputs.

    Columns are matched by name, in any order. All of it is plain Python and goes through JSON.
    """

    columns: tuple[Column, ...]
    """In the order of the training data, also those that networks do not see."""
    target: tuple[str, ...] = ()
    """Names of the columns that are predicted."""
    apart: tuple[str, ...] = ()
    """Names of other columns of the training data, such as dropped ones."""

    @classmethod
    def of(
        cls,
        table: pa.Table,
        kinds: Mapping[str, Kind | Levels],
        target: Sequence[str] = (),
        all_names: Sequence[str] = (),
    ) -> Table:
        """Infer the kinds of the columns of the training rows, except those that are given.

        Args:
            table: The columns that may be learned from.
            kinds: Kinds of columns by name; levels of ordered categories, from the lowest on.
            target: Names of the columns that are predicted.
            all_names: Names of all columns of the training data.

        Raises:
            InputError: A column cannot be used, none is left, or they become too many inputs.
        """
        if table.num_columns > MOST_INPUTS:
            raise _too_wide(table.num_columns, table.num_columns)
        columns, unclear, doubts = [], [], Doubts()
        for name in table.column_names:
            values, kind = table[name], kinds.get(name)
            if kind is None:
                if (number := unclear_number(values)) is not None:
                    unclear.append((name, number))
                values, kind = training_numbers(values), declared_kind(values)
            values = plain(values)
            columns.append(column_of(name, values, kind))
            doubts.look_at(columns[-1], values)
        warn_of_unclear(unclear)
        doubts.warn()
        others = set(all_names) - {*table.column_names, *target}
        found = cls(tuple(columns), tuple(target), tuple(sorted(others)))
        if not found.used:
            kinds_found = listed([f"{column.name} ({column.kind})" for column in columns])
            raise InputError(
                f"no column is left to learn from: {kinds_found}; give the kinds of those that "
                "are something else with kind=."
            )
        if found.width > MOST_INPUTS:
            raise _too_wide(len(found.used), found.width)
        if found.width > MANY_INPUTS:
            warnings.warn(
                f"the {len(found.used):,} columns become {found.width:,} inputs, so that every "
                "node of the first layer has as many weights; a choice of columns with features= "
                "gives smaller networks.",
                stacklevel=2,
            )
        return found

    @cached_property
    def used(self) -> tuple[Column, ...]:
        """The columns that networks see, in the order of their inputs: embedded ones last."""
        used = [column for column in self.columns if column.is_used]
        return tuple(sorted(used, key=lambda column: column.embedded))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs."""
        return tuple(name for column in self.used for name in column.inputs)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Name of the column of each input."""
        return tuple(column.name for column in self.used for _ in column.inputs)

    def parts(self) -> Iterator[tuple[Column, slice]]:
        """Iterate over the columns that networks see, each with the positions of its inputs."""
        start = 0
        for column in self.used:
            stop = start + len(column.inputs)
            yield column, slice(start, stop)
            start = stop

    @property
    def indicators(self) -> list[int]:
        """Indices of the inputs that are 1 where a value is missing."""
        pairs = zip(self.inputs, self.sources, strict=True)
        return [i for i, (name, source) in enumerate(pairs) if name == f"{source} is missing"]

    @property
    def width(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """Type of the inputs: float32, or float64 if that is too coarse for one of the columns."""
        return np.float64 if any(column.is_float64 for column in self.used) else np.float32

    @property
    def n_codes(self) -> tuple[int, ...]:
        """Number of codes of each of the last inputs, which are embedded."""
        return tuple(column.n_codes for column in self.used if column.embedded)

    def has_columns_of(self, other: Table) -> bool:
        """Return whether the columns are the same in any order, fitted to any rows."""
        own, others = ({c.before_fit for c in table.columns} for table in (self, other))
        return own == others

    def in_order_of(self, other: Table) -> Table:
        """Return the table with its columns in the order of another one that has the same."""
        own = {column.name: column for column in self.columns}
        return replace(self, columns=tuple(own[column.name] for column in other.columns))

    def encode(self, table: pa.Table, what: str) -> Encoded:
        """Return the inputs of a table with the columns that networks see; others may be missing.

        Raises:
            InputError: A column is missing or unknown, or has values of another type.
        """
        self._check_names(table.column_names, what)
        x = np.empty((table.num_rows, self.width), self.dtype)
        unseen, gaps = {}, {}
        for (column, inputs), values in zip(self.parts(), self.codes(table), strict=True):
            column.write(x[:, inputs], values)
            if column.categories and (n := int(np.count_nonzero(values < 0))):
                unseen[column.name] = n
            if column.fill is not None and (is_gap := column.unmarked_gaps(values)).any():
                gaps[column.name] = is_gap
        return Encoded(x, unseen, gaps)

    def inputs_of(self, x: Any, what: str) -> Any:
        """Return the inputs of a data frame or of rows by name, and other values unchanged.

        Warns of categories that were not in the training data.
        """
        rows = table_of(x, what)
        if rows is None:
            return x
        encoded = self.encode(rows, what)
        warn_of_unseen(encoded.unseen, f"rows of {what}")
        return encoded.x

    def codes(self, table: pa.Table) -> Iterator[NDArray[np.float64]]:
        """Iterate over the codes of the columns that networks see, see :meth:`Column.codes`."""
        for column in self.used:
            values = table[column.name]
            yield column.codes(plain(written(values) if column.number_format else values))

    def _check_names(self, names: Sequence[str], what: str) -> None:
        given = set(names)
        known = {column.name for column in self.columns} | {*self.target, *self.apart}
        missing = [repr(column.name) for column in self.used if column.name not in given]
        extra = [repr(name) for name in names if name not in known]
        faults = []
        if missing:
            faults.append(f"lacks {counted_columns(missing)}")
        if extra:
            faults.append(f"has {counted_columns(extra)} unknown in training")
        if faults:
            raise InputError(
                f"{what} {' and '.join(faults)}; give the columns of the training data, in any "
                "order."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python that `json` writes without loss."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Table:
        """Create it from the fields of `to_dict`, also after they were stored as JSON."""
        columns = tuple(map(Column.from_dict, saved["columns"]))
        return cls(columns, tuple(saved["target"]), tuple(saved["apart"]))


@dataclass(frozen=True, eq=False)
class Encoded:
    """Inputs of a table."""

    x: NDArray[Any]
    """(n, inputs), of :attr:`Table.dtype`."""
    unseen: Mapping[str, int]
    """Number of rows with categories that training did not have, by column."""
    gaps: Mapping[str, NDArray[np.bool_]]
    """(n,) rows where the fill stands for the value and no input says so, by column."""


def _too_wide(n_columns: int, n_inputs: int) -> InputError:
    return InputError(
        f"the {n_columns:,} columns become {n_inputs:,} inputs or more, and at most "
        f"{MOST_INPUTS:,} are supported; choose columns with features=, or leave some out with "
        "drop=."
    )


def warn_of_unseen(unseen: Mapping[str, int], what: str) -> None:
    """Warn of rows with categories that training did not have, if there are any."""
    if unseen:
        counts = listed([f"{column!r} ({counted(n, 'row')})" for column, n in unseen.items()])
        warnings.warn(
            f"{what} have categories that the training rows did not have, in {counts}; they count "
            "as none of the known ones.",
            stacklevel=3,
        )
