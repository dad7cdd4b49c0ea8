"""The code that encodes rows of a table, without this package."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc.data.tables import Table
from optuna_dnc.export.encoder_source import encoder_source
from optuna_dnc.export.literals import mapping
from tests.export.all_kinds import KINDS, all_kinds, new_rows, table_of_kinds

HEADER = "\nimport numpy as np\nimport torch\n\n"


def code_of(table: Table) -> str:
    source = encoder_source(table)
    return (source.imports + HEADER).lstrip() + source.code.rstrip() + "\n"


def encoded(table: Table, rows: Sequence[dict[str, Any]]) -> np.ndarray:
    names: dict[str, Any] = {}
    exec(code_of(table), names)
    inputs: np.ndarray = names["encode"](rows).numpy()
    return inputs


def of_table(table: Table, rows: Sequence[dict[str, Any]]) -> np.ndarray:
    values = {name: pa.array([row.get(name) for row in rows]) for name in rows[0]}
    return table.encode(pa.table(values), "rows").x


def test_rows_are_encoded_as_the_table_does() -> None:
    table = table_of_kinds()
    for rows in (new_rows(), all_kinds().drop_columns(["label", "price"]).to_pylist()):
        inputs, expected = encoded(table, rows), of_table(table, rows)
        assert inputs.dtype == expected.dtype == np.float64
        np.testing.assert_allclose(inputs, expected, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("height", "181.5"),
        ("height", True),
        ("height", np.float32(1.5)),
        ("height", float("nan")),
        ("dose", 5e-5),
        ("dose", "0.5"),
        ("dose", " 3 "),
        ("dose", 3.0),
        ("dose", np.int64(3)),
        ("smokes", "True"),
        ("smokes", "false"),
        ("smokes", np.bool_(True)),
        ("color", 3),
        ("born", datetime.date(1970, 1, 1)),
        ("seen", datetime.datetime(2020, 2, 29, 23, 59, 59, 999_999)),
        ("seen", datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)),
        (
            "seen",
            datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3))),
        ),
    ],
)
def test_equal_values_are_encoded_alike(name: str, value: Any) -> None:
    table, row = table_of_kinds(), new_rows()[0]
    rows = [row | {name: value}]
    np.testing.assert_allclose(encoded(table, rows), of_table(table, rows), rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(
    "value", ["8:30", "23:59:59.5", "12:05 am", "7:00PM", "26:15", 9.5, None, "-"]
)
def test_times_of_day_are_hours(value: Any) -> None:
    table = Table.of(pa.table({"at": ["8:30", "9:45", None, "20:00"] * 9}), {})
    rows = [{"at": value}]
    np.testing.assert_allclose(encoded(table, rows), of_table(table, rows), rtol=1e-15)


def test_other_texts_among_times_are_refused() -> None:
    table = Table.of(pa.table({"at": ["8:30", "9:45", "20:00"] * 9}), {})
    with pytest.raises(ValueError, match="'at' must hold times such as 8:30, got '8:99'"):
        encoded(table, [{"at": "8:99"}])


@pytest.mark.parametrize("numbers", [[1e-7, 2.5e-9], [0.1, 123456789.5], [1e10 + 0.5, 0.5]])
def test_numbers_that_are_categories_are_found_by_their_digits(numbers: list[float]) -> None:
    table = Table.of(pa.table({"a": numbers}), {})
    assert table.used[0].kind == "binary"
    assert encoded(table, [{"a": number} for number in sorted(numbers)]).ravel().tolist() == [0, 1]


@pytest.mark.parametrize(
    "missing", [None, "", "  ", float("nan"), Decimal("NaN"), np.float32("nan")]
)
def test_values_are_missing_in_several_ways(missing: Any) -> None:
    table, row = table_of_kinds(), new_rows()[0]
    for name in row:
        np.testing.assert_array_equal(
            encoded(table, [row | {name: missing}]), of_table(table, [row | {name: None}])
        )


def test_na_of_pandas_is_missing() -> None:
    pandas = pytest.importorskip("pandas")
    table, row = table_of_kinds(), new_rows()[0]
    for missing in (pandas.NA, pandas.NaT):
        rows = [row | {"seen": missing, "city": missing}]
        expected = of_table(table, [row | {"seen": None, "city": None}])
        np.testing.assert_array_equal(encoded(table, rows), expected)


def test_a_key_may_be_absent_from_some_rows_but_not_from_all() -> None:
    table, (row, *_) = table_of_kinds(), new_rows()
    short = {name: value for name, value in row.items() if name not in ("city", "dose")}
    np.testing.assert_array_equal(
        encoded(table, [row, short]),
        of_table(table, [row, short | {"city": None, "dose": None}]),
    )
    with pytest.raises(ValueError, match=r"the rows lack the columns \['dose', 'city'\]"):
        encoded(table, [short])


@pytest.mark.parametrize(
    ("name", "value"),
    [("height", "tall"), ("height", "inf"), ("born", "1.1.70 or so"), ("seen", 7)],
)
def test_wrong_values_are_refused_by_the_name_of_their_column(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"column '{name}' must hold .*, got {value!r}"):
        encoded(table_of_kinds(), [new_rows()[0] | {name: value}])


def test_zones_of_texts_are_read() -> None:
    columns = pa.table({"seen": ["2024-01-31T10:00:00Z", "2024-03-01T00:30:00+02:00", None]})
    table = Table.of(columns, {})
    rows = columns.to_pylist()
    np.testing.assert_allclose(encoded(table, rows), table.encode(columns, "rows").x, rtol=1e-15)


def test_dates_and_gaps_are_read_as_people_write_them() -> None:
    days = [datetime.date(2020, 1 + i % 12, 1 + i) for i in range(28)]
    columns = pa.table(
        {
            "compact": [int(f"{day:%Y%m%d}") for day in days],
            "short": [f"{day:%d %b %Y}" for day in days],
            "long": [f"{day:%B %d, %Y}" for day in days],
            "size": ["-", *(f"{i}.5" for i in range(27))],
            "weight": ["n.a.", *(f"{i} kg" for i in range(27))],
        }
    )
    table, rows = Table.of(columns, {}), columns.to_pylist()
    assert [column.kind for column in table.columns] == [*["date"] * 3, *["numeric"] * 2]
    np.testing.assert_allclose(encoded(table, rows), table.encode(columns, "rows").x, rtol=1e-15)


WRITTEN = {
    "price": ["$1,200.50", "-$3.00", "($4)", None],
    "people": ["1 234", "12\u00a0345,5", "7", "\u2212567"],
    "share": ["5%", "12.5 %", "+100%", "1234%"],
}


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    columns = pa.table(WRITTEN)
    table, rows = Table.of(columns, {}), columns.to_pylist()
    np.testing.assert_array_equal(encoded(table, rows), table.encode(columns, "rows").x)
    np.testing.assert_array_equal(encoded(table, [rows[0] | {"price": 3}])[0, 0], 3)
    for name, value in (("price", "1,200"), ("people", "1 23"), ("share", "5%%x"), ("price", "$")):
        with pytest.raises(ValueError, match=f"column '{name}' must hold numbers"):
            encoded(table, [rows[0] | {name: value}])
    (tmp_path / "code.py").write_text(code_of(table))
    for command in (["format", "--check"], ["check", "--select=F,I,E501"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)]
        outcome = subprocess.run(ruff, capture_output=True, text=True)
        assert outcome.returncode == 0, outcome.stdout


def test_the_code_is_formatted_and_has_only_what_it_needs(tmp_path: Path) -> None:
    rows = all_kinds().drop_columns(["label", "price"])
    names: list[list[str]] = [[name] for name in rows.column_names]
    for number, chosen in enumerate([rows.column_names, *names, ["height", "city"]]):
        code = code_of(Table.of(rows.select(chosen), KINDS))
        (tmp_path / f"{number}.py").write_text(code)
        assert ("datetime" in code) == bool({"born", "seen"} & {*chosen})
    ruff = [sys.executable, "-m", "ruff"]
    for width in ("--line-length=88", "--line-length=99"):
        command = [*ruff, "format", "--isolated", width, "--check", str(tmp_path)]
        outcome = subprocess.run(command, capture_output=True, text=True)
        assert outcome.returncode == 0, outcome.stdout
    unused = [*ruff, "check", "--isolated", "--select=F,I,E501", str(tmp_path)]
    outcome = subprocess.run(unused, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout


def test_dictionaries_survive_the_code() -> None:
    values: dict[str, Any] = {
        "a": 1.5,
        'b"': "x",
        "long": tuple(f"category {i}" for i in range(20)),
        "both": ("'\"",),
    }
    names: dict[str, Any] = {}
    exec(f"{mapping('A', values)}\n{mapping('B', {})}", names)
    assert names["A"] == {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    assert names["B"] == {}
