"""Tables are encoded as inputs, and columns are matched by name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data.tables import Table
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.summary import column_lines

ROWS: dict[str, Any] = {
    "age": [30.0, None, 50.0, 41.0],
    "sex": ["f", "m", "m", None],
    "job": ["cook", "nurse", None, "baker"],
    "seen": ["2024-01-31", "2024-02-29", "2023-12-24", None],
}
KINDS: dict[str, Any] = {"job": "category"}


@pytest.fixture
def table() -> Table:
    return Table.of(pa.table(ROWS), KINDS)


def inputs(table: Table, rows: Any) -> dict[str, list[float]]:
    made = table_of(rows, "x")
    assert made is not None
    x = table.encode(made, "x").x
    return dict(zip(table.inputs, x.T.round(4).tolist(), strict=True))


def test_inputs_by_kind(table: Table) -> None:
    found = inputs(table, ROWS)
    assert found["age"] == [30, 41, 50, 41]
    assert found["age is missing"] == [0, 1, 0, 0]
    assert found["sex"] == [0, 1, 1, 0]
    assert found["sex is missing"] == [0, 0, 0, 1]
    assert found["job=baker"] == [0, 0, 0, 1]
    assert found["job is missing"] == [0, 0, 1, 0]
    assert found["seen.day"][:3] == [31, 29, 24]
    assert found["seen.weekend"][:3] == [0, 0, 1]
    assert found["seen.month cos"][0] == 1
    assert found["seen.year"][0] == pytest.approx(2024 + 30 / 366, abs=0.01)
    assert found["seen is missing"] == [0, 0, 0, 1]


def test_unseen_categories_are_none_of_the_known_ones_and_counted(table: Table) -> None:
    rows = {**ROWS, "job": ["pilot"] * 4, "sex": ["f", "x", "x", "m"]}
    encoded = table.encode(pa.table(rows), "x")
    assert encoded.unseen == {"sex": 2, "job": 4}
    found = dict(zip(table.inputs, encoded.x.T.tolist(), strict=True))
    assert found["job=baker"] == found["job is missing"] == [0] * 4
    assert found["sex"] == [0, 0, 0, 1]


def test_gaps_that_training_did_not_have_are_filled() -> None:
    table = Table.of(pa.table({"age": [1.5, 2.0, 4.0], "sex": ["f", "m", "f"]}), {})
    assert inputs(table, {"age": [None], "sex": [None]}) == {"age": [2.0], "sex": [0.0]}


def test_embedded_columns_come_last_as_codes() -> None:
    towns = [f"town {i % 60:02}" for i in range(180)]
    table = Table.of(pa.table({"town": towns, "size": np.linspace(0, 1, 180)}), {})
    assert (table.inputs, table.n_codes) == (("size", "town"), (61,))
    assert inputs(table, {"size": [0.5] * 3, "town": ["town 00", "Rome", None]})["town"] == [
        1,
        0,
        0,
    ]


def test_columns_are_matched_by_name(table: Table) -> None:
    shuffled = {name: ROWS[name] for name in ("seen", "job", "age", "sex")}
    assert inputs(table, shuffled) == inputs(table, ROWS)
    with pytest.raises(InputError, match="x lacks the columns 'age', 'sex';"):
        inputs(table, {name: ROWS[name] for name in ("job", "seen")})
    with pytest.raises(InputError, match="x has the column 'pay' unknown in training"):
        inputs(table, {**ROWS, "pay": [1, 2, 3, 4]})


def test_a_name_of_several_lines_is_shown_on_one() -> None:
    table = Table.of(pa.table({"a\nb\x1b[2J": [1.5, 2.5, 4.5]}), {})
    assert column_lines(table)[1:] == ("  numeric: a b?[2J",)


def test_target_and_dropped_columns_may_be_there() -> None:
    table = Table.of(pa.table({"a": [1.5, 2, 3]}), {}, ["y"], ["a", "y", "b"])
    assert inputs(table, {"a": [1.0], "y": ["?"], "b": [0]}) == {"a": [1.0]}


def test_rows_of_any_library_are_the_same(table: Table) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    expected = inputs(table, ROWS)
    as_rows = [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]
    categorical = pandas.DataFrame(ROWS).astype({"job": "category", "sex": "string"})
    for same in (pandas.DataFrame(ROWS), categorical, polars.DataFrame(ROWS), as_rows):
        assert inputs(table, same) == expected


def test_equal_values_of_other_types_are_equal_categories() -> None:
    table = Table.of(
        pa.table({"floor": [3, 1, 2] * 4, "new": ["True", "False"] * 6}), {"floor": "category"}
    )
    for floor, new in ((3, True), (3.0, "true"), ("3", " True ")):
        assert inputs(table, {"floor": [floor], "new": [new]})["floor=3"] == [1]
        assert inputs(table, {"floor": [floor], "new": [new]})["new"] == [1]


def test_the_way_through_json_loses_nothing(table: Table) -> None:
    assert Table.from_dict(json.loads(json.dumps(table.to_dict()))) == table


def test_numbers_that_float32_cannot_tell_apart_stay_float64() -> None:
    times = 1.7e9 + np.arange(50) * 0.5
    table = Table.of(pa.table({"time": times}), {"time": "numeric"})
    x = table.encode(pa.table({"time": times}), "x").x
    assert len(np.unique(x)) == 50


def test_a_table_with_nothing_to_learn_from_is_refused() -> None:
    rows = {"id": list(range(30)), "same": [1] * 30}
    with pytest.raises(InputError, match=r"no column is left .* id \(identifier\)"):
        Table.of(pa.table(rows), {})


def test_very_many_columns_are_a_warning_and_then_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("optuna_dnc.data.tables.table.MANY_INPUTS", 3)
    monkeypatch.setattr("optuna_dnc.data.tables.table.MOST_INPUTS", 6)
    jobs = ["cook", "nurse", "baker", "pilot"] * 3
    with pytest.warns(UserWarning, match="the 1 columns become 4 inputs"):
        Table.of(pa.table({"job": jobs}), {})
    with pytest.raises(InputError, match="the 2 columns become 8 inputs or more, and at most 6"):
        Table.of(pa.table({"job": jobs, "other": jobs}), {})


@pytest.mark.parametrize(
    "column",
    [
        [1_700_000_000 + i for i in range(30)],
        [np.datetime64("2024-01-01T00:00:00") + 60 * i for i in range(30)],
    ],
)
def test_inputs_of_a_row_do_not_depend_on_the_other_rows(column: list[Any]) -> None:
    rows = pa.table({"a": pa.array(column)})
    table = Table.of(rows, {"a": "date" if pa.types.is_timestamp(rows["a"].type) else "numeric"})
    encoded = table.encode(rows, "x").x
    assert encoded.dtype == np.float64
    alone = table.encode(rows[7:8], "x").x
    assert alone.dtype == np.float64
    np.testing.assert_array_equal(alone[0], encoded[7])
    restored = Table.from_dict(json.loads(json.dumps(table.to_dict())))
    np.testing.assert_array_equal(restored.encode(rows, "x").x, encoded)


def test_dates_of_training_may_come_as_text_later() -> None:
    times = [np.datetime64("2024-01-31T10:00:00"), np.datetime64("2023-02-28T11:30:00")]
    table = Table.of(pa.table({"seen": pa.array(times)}), {"seen": "date"})
    expected = table.encode(pa.table({"seen": pa.array(times)}), "x").x
    texts = pa.table({"seen": ["2024-01-31T10:00:00", "2023-02-28T11:30:00"]})
    np.testing.assert_array_equal(table.encode(texts, "x").x, expected)
    with pytest.raises(InputError, match=r"'seen' must hold dates such as 2024-12-31, got 'soon'"):
        table.encode(pa.table({"seen": ["soon"]}), "x")
    with pytest.raises(InputError, match="got 'later' in row 2"):
        table.encode(pa.table({"seen": ["2024-01-31T10:00:00", "later"]}), "x")


ZONED = ["2024-01-31T10:00:00Z", "2024-03-01 00:30+02:00", "2024-02-29T12:00:00-0500", None]


def test_points_in_time_with_zones_are_dates_in_utc() -> None:
    table = Table.of(pa.table({"seen": ZONED}), {})
    assert table.used[0].kind == "date"
    found = inputs(table, {"seen": ZONED})
    assert found["seen.day"] == [31, 29, 29, 29]
    assert found["seen.hour cos"][1] == round(float(np.cos(2 * np.pi * 22.5 / 24)), 4)
    with pytest.raises(
        InputError, match=r"dates such as 2024-12-31T18:30:00\+0000, got 'x' in row 2"
    ):
        inputs(table, {"seen": [ZONED[0], "x"]})
