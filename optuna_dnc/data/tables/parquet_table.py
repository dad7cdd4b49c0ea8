"""Tables of Parquet files whose columns are read one by one, which takes little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from optuna_dnc.data.tables.reading import check_memory, reading
from optuna_dnc.data.tables.values import is_text


@dataclass(frozen=True, eq=False)
class ParquetTable:
    """Rows of a Parquet file, with the part of `pyarrow.Table` that data sets are made with.

    A column is read each time that it is asked for.
    """

    path: Path
    file: parquet.ParquetFile
    column_names: list[str]
    rows: NDArray[np.int64] | None = None
    """Indices of the rows; None for all."""

    @classmethod
    def open(cls, path: Path) -> ParquetTable:
        """Open a file; raise `InputError` if it is damaged."""
        with reading(path):
            check_memory(path)
            file = parquet.ParquetFile(path, pre_buffer=False)
            texts, known = _repeating_texts(file), file.metadata
            if texts:
                options: dict[str, Any] = {"pre_buffer": False, "read_dictionary": texts}
                file = parquet.ParquetFile(path, metadata=known, **options)
        return cls(path, file, list(file.schema_arrow.names))

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return int(self.file.metadata.num_rows) if self.rows is None else len(self.rows)

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.column_names)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """Read a column."""
        with reading(self.path):
            column = self.file.read(columns=[name])[name]
        return column if self.rows is None else column.take(pa.array(self.rows))

    def select(self, names: Sequence[str]) -> ParquetTable:
        """Return the table with these columns."""
        return replace(self, column_names=list(names))

    def take(self, rows: Any) -> ParquetTable:
        """Return the table with rows of these indices, in their order."""
        indices = np.asarray(rows, dtype=np.int64)
        return replace(self, rows=indices if self.rows is None else self.rows[indices])

    def filter(self, mask: Any) -> ParquetTable:
        """Return the table with the rows where a mask is true."""
        return self.take(np.flatnonzero(np.asarray(mask)))


def _repeating_texts(file: parquet.ParquetFile) -> list[str]:
    """Return the names of columns of strings that the file stores as categories.

    Read as these, they take less time and memory.
    """
    if file.metadata.num_row_groups == 0:
        return []
    texts = {field.name for field in file.schema_arrow if is_text(field.type)}
    group = file.metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    return [
        column.path_in_schema
        for column in columns
        if column.has_dictionary_page and column.path_in_schema in texts
    ]
