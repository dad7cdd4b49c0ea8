"""Tables of Parquet files whose columns are read one by one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from typing_extensions import override

from optuna_dnc.data.tables.columnwise import ColumnwiseTable
from optuna_dnc.data.tables.reading import check_memory, reading
from optuna_dnc.data.tables.values import is_text


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
            texts, known = _repeating_texts(file), file.metadata
            if texts:
                options: dict[str, Any] = {"pre_buffer": False, "read_dictionary": texts}
                file = parquet.ParquetFile(path, metadata=known, **options)
        return cls(path=path, file=file, column_names=list(file.schema_arrow.names))

    @property
    @override
    def n_in_source(self) -> int:
        return int(self.file.metadata.num_rows)

    @override
    def read_column(self, name: str) -> pa.ChunkedArray:
        with reading(self.path):
            return self.file.read(columns=[name])[name]


def _repeating_texts(file: parquet.ParquetFile) -> list[str]:
    """Return the names of columns of strings that the file stores as categories.

    Read as these, they take less time and memory. Those of data frames are read so anyway, and
    keep their order.
    """
    if file.metadata.num_row_groups == 0:
        return []
    fields = [field for field in file.schema_arrow if is_text(field.type)]
    texts = {field.name for field in fields if not pa.types.is_dictionary(field.type)}
    group = file.metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    return [
        column.path_in_schema
        for column in columns
        if column.has_dictionary_page and column.path_in_schema in texts
    ]
