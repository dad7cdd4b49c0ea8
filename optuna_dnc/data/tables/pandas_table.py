"""Tables of pandas frames whose columns of numbers are converted one by one.

Arrow copies the columns of a frame that was made of an array, whose values of a column do not lie
side by side. A copy of all of them would be as large as the frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from typing_extensions import override

from optuna_dnc.data.frames import check_names
from optuna_dnc.data.tables.columnwise import ColumnwiseTable
from optuna_dnc.data.tables.data_frames import checked_table, frame_table


@dataclass(frozen=True, eq=False, kw_only=True)
class PandasTable(ColumnwiseTable):
    """Rows of a pandas frame."""

    frame: Any
    places: Mapping[str, int]
    """Position in the frame of each column of numbers that is converted when it is read."""
    others: Mapping[str, pa.ChunkedArray]
    """All other columns."""

    @property
    @override
    def n_in_source(self) -> int:
        return len(self.frame)

    @override
    def read_column(self, name: str) -> pa.ChunkedArray:
        if name in self.others:
            return self.others[name]
        values = self.frame.iloc[:, self.places[name]].to_numpy()
        return pa.chunked_array([pa.array(np.ascontiguousarray(values), from_pandas=True)])

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return pa.schema([(name, self._type(name)) for name in self.column_names])

    def append_column(self, name: str, column: pa.ChunkedArray) -> PandasTable:
        """Return the table with one more column at its end."""
        others = {**self.others, name: column}
        return replace(self, column_names=[*self.column_names, name], others=others)

    def _type(self, name: str) -> pa.DataType:
        if name in self.others:
            return self.others[name].type
        return pa.from_numpy_dtype(self.frame.dtypes.iloc[self.places[name]])


def columnwise_table(frame: Any, name: str) -> pa.Table | PandasTable:
    """Return a data frame as :func:`frame_table` does, one of pandas without copying numbers.

    Raises:
        InputError: A column mixes types, or names are missing or there twice.
    """
    if not hasattr(frame, "iloc") or not any(map(_is_lazy, frame.dtypes)):
        return frame_table(frame, name)
    names = list(map(str, frame.columns))
    check_names(names, name)
    lazy = [_is_lazy(dtype) for dtype in frame.dtypes]
    places = {column: i for i, column in enumerate(names) if lazy[i]}
    others: dict[str, pa.ChunkedArray] = {}
    if len(places) < len(names) and len(frame):
        rest = frame_table(
            frame.iloc[:, [i for i, is_lazy in enumerate(lazy) if not is_lazy]], name
        )
        others = dict(zip(rest.column_names, rest.columns, strict=True))
    table = PandasTable(frame=frame, column_names=names, places=places, others=others)
    return checked_table(table, name)


def _is_lazy(dtype: Any) -> bool:
    """Return whether Arrow takes the values of a column as they are in NumPy."""
    is_number = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    return is_number and dtype.itemsize <= 8 and bool(dtype.isnative)
