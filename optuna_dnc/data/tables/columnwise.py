"""Tables whose columns are read or converted one by one, which takes little memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import Self


@dataclass(frozen=True, eq=False, kw_only=True)
class ColumnwiseTable(ABC):
    """Rows of a source, with the part of `pyarrow.Table` that data sets are made with.

    A column is read each time that it is asked for.
    """

    column_names: list[str]
    rows: NDArray[np.int64] | None = None
    """Indices of the rows; None for all."""

    @property
    @abstractmethod
    def n_in_source(self) -> int:
        """Number of rows of the source."""

    @abstractmethod
    def read_column(self, name: str) -> pa.ChunkedArray:
        """Read a column of the source."""

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return self.n_in_source if self.rows is None else len(self.rows)

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.column_names)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """Read a column."""
        column = self.read_column(name)
        return column if self.rows is None else column.take(pa.array(self.rows))

    def select(self, names: Sequence[str]) -> Self:
        """Return the table with these columns."""
        return replace(self, column_names=list(names))

    def take(self, rows: Any) -> Self:
        """Return the table with rows of these indices, in their order."""
        indices = np.asarray(rows, dtype=np.int64)
        return replace(self, rows=indices if self.rows is None else self.rows[indices])

    def filter(self, mask: Any) -> Self:
        """Return the table with the rows where a mask is true."""
        return self.take(np.flatnonzero(np.asarray(mask)))
