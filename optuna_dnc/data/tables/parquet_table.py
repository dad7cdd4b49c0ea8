"""Tables of Parquet files whose columns are read one by one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from typing_extensions import override

from optuna_dnc.data.tables.columnwise import ColumnwiseTable
from optuna_dnc.data.tables.reading import check_memory, reading


@dataclass(frozen=True, eq=False, kw_only=True)
class ParquetTable(ColumnwiseTable):
    """Rows of a Parquet file."""

    path: Path
    file: parquet.ParquetFile

    @classmethod
    def open(cls, path: Path) -> ParquetTable:
        """Open a file; raise `InputError` if it is damaged."""
        with reading(path):
            check_memory(path)
            file = parquet.ParquetFile(path, pre_buffer=False)
        return cls(path=path, file=file, column_names=list(file.schema_arrow.names))

    @property
    @override
    def n_in_source(self) -> int:
        return int(self.file.metadata.num_rows)

    @override
    def read_column(self, name: str) -> pa.ChunkedArray:
        with reading(self.path):
            return self.file.read(columns=[name])[name]
