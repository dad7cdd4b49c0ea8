"""Data sets of Parquet files are read column by column, and are those of the table in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import parquet

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.data.tables.parquet_table import ParquetTable
from optuna_dnc.data.tables.values import as_text, plain
from tests.data.tables.test_table_dataset import people


@pytest.fixture
def path(tmp_path: Path) -> Path:
    table = people()
    rich = pc.if_else(pa.array(np.arange(len(table)) % 10 != 3), table["rich"], None)
    table = table.set_column(table.column_names.index("rich"), "rich", rich)
    parquet.write_table(table, tmp_path / "people.parquet", row_group_size=50)
    return tmp_path / "people.parquet"


@pytest.mark.parametrize(
    "options", [{}, {"test_fraction": 0.25}, {"drop": "job", "time_split": "day"}, {"test": True}]
)
def test_columns_are_read_one_by_one(
    path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    options |= {"target": "rich", "drop_unlabeled": True}
    if "test" in options:
        options["test"] = path
    in_memory = load_dataset(parquet.read_table(path), **options)
    read_at_once = []
    read = parquet.ParquetFile.read

    def counted(self: Any, columns: list[str]) -> pa.Table:
        read_at_once.append(len(columns))
        return read(self, columns=columns)

    monkeypatch.setattr(parquet.ParquetFile, "read", counted)
    monkeypatch.delattr(parquet, "read_table")
    data = load_dataset(path, **options)
    assert data.fingerprint() == in_memory.fingerprint()
    assert data.table == in_memory.table
    assert data.name == "people"
    assert set(read_at_once) == {1}


def test_a_damaged_column_is_told(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"people\.parquet cannot be read .* Save it again"):
        load_dataset(path, target="rich", drop_unlabeled=True)


def test_repeating_texts_are_read_as_categories(tmp_path: Path) -> None:
    texts = pa.array([" b", "a", "True", None, "", "true "] * 20)
    table = pa.table(
        {
            "text": texts,
            "declared": texts.dictionary_encode(),
            "unique": [f"{i} x" for i in range(120)],
            "y": ["yes", "no", "no"] * 40,
        }
    )
    file = tmp_path / "texts.parquet"
    parquet.write_table(table, file, row_group_size=50, use_dictionary=["text", "declared", "y"])
    read = ParquetTable.open(file)
    assert pa.types.is_dictionary(read["text"].type)
    assert not pa.types.is_dictionary(read["unique"].type)
    for name in table.column_names:
        assert plain(read[name]).equals(plain(table[name])), name
    assert as_text(plain(read["text"])).to_pylist()[:6] == ["b", "a", "true", None, None, "true"]
    rows = np.arange(119, 0, -7)
    assert plain(read.take(rows)["text"]).equals(plain(table.take(rows)["text"]))
    in_memory = load_dataset(table, target="y")
    assert load_dataset(file, target="y").table == in_memory.table
