"""Numbers in texts are read in the one convention that fits all of a column."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.data.tables.columns import column_of
from optuna_dnc.data.tables.kinds import infer_kind
from optuna_dnc.data.tables.reading import read_table
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.data.tables.table import Table
from optuna_dnc.data.tables.values import plain
from optuna_dnc.data.tables.written_numbers import NumberFormat, number_format

MILLIONS = ["1,234", "1,234,567", "89"]


def texts(values: Sequence[str | None]) -> pa.ChunkedArray:
    return plain(pa.chunked_array([pa.array(values, pa.string())]))


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (MILLIONS, [1234, 1234567, 89]),
        (["1,234", "1234", "12"], [1234, 1234, 12]),
        (["$1,200.50", "-$3.00", "$-4", None], [1200.5, -3, -4, math.nan]),
        (["1.234,56", "7,5", "12"], [1234.56, 7.5, 12]),
        (["1 234", "12\u00a0345,5", "1\u202f234\u202f567"], [1234, 12345.5, 1234567]),
        (["1'234.50", "12\u2019345", "\u22125"], [1234.5, 12345, -5]),
        (["5%", "12.5 %", "+100%"], [5, 12.5, 100]),
        (["12,5 %", "3,25 %", "4 %"], [12.5, 3.25, 4]),
        (["1.234 €", "1.234,50 €", "(2 €)"], [1234, 1234.5, -2]),
        (["1.234,5", "1.234", "1.567"], [1234.5, 1234, 1567]),
        (["1.234.567", "1.234", "89"], [1234567, 1234, 89]),
        (["€1.234.567", "€7.654.321", "€1.111.111"], [1234567, 7654321, 1111111]),
        (["€12.500", "€980", "€1.234"], [12500, 980, 1234]),
        (["12.500", "980", "1.234", "7", "64"], [12500, 980, 1234, 7, 64]),
        (["1.250", "0", "999", "3.400"], [1.25, 0, 999, 3.4]),
        (["€1.234", "€1234", "€3"], [1.234, 1234, 3]),
        (["€1.234", "€0.999", "€3"], [1.234, 0.999, 3]),
        (["1.234", "2.500", "3.125"], [1.234, 2.5, 3.125]),
        (["12", "(12)", "3.5"], [12, -12, 3.5]),
        (["1234.5 £", "0.5 £", "12 £"], [1234.5, 0.5, 12]),
    ],
)
def test_numbers_in_one_convention(values: list[str | None], numbers: list[float]) -> None:
    column = column_of("x", texts(values))
    assert column.kind == "numeric"
    assert column.codes(texts(values)).tolist() == pytest.approx(numbers, nan_ok=True)


@pytest.mark.parametrize(
    "values",
    [
        ["1,2", "3,4", "1,3"],  # may be lists
        ["12 kg", "13 kg", "9 kg"],
        ["1,234", "12,5", "3"],  # two conventions
        ["01%", "02%", "03%"],
        ["1,234", "01234", "12"],
        ["$5", "5", "€5"],
        ["5%", "5", "7%"],
        ["0,123", "0,456", "0,789"],  # no thousands begin with 0
        ["(1)", "(2)", "(3)"],
        ["192.168.100.200", "10.0.0.1", "10.0.0.2"],
        ["1.234.567", "2.345.678", "3.456.789"],
        ["€1.234", "€2.345", "€980"],  # decimals or thousands
        ["1,23,456", "1,234", "5"],
        ["555-1234", "555-1235", "555-1236"],
        ["$", "%", "-"],
    ],
)
def test_what_may_be_anything_else_stays_text(values: list[str]) -> None:
    assert number_format(texts(values)) is None
    assert infer_kind("x", texts(values * 10)) == "category"


@pytest.mark.parametrize("unit", ["kg", " kg", " EUR", " °C", " km/h", "K"])
def test_many_numbers_with_one_unit(unit: str) -> None:
    values = [f"{1000 + 7 * i:,}.5{unit}" for i in range(20)]
    column = column_of("x", texts(values))
    assert column.number_format is not None
    assert column.number_format.sign == unit.strip()
    assert column.codes(texts([values[3], None])).tolist() == pytest.approx(
        [1021.5, math.nan], nan_ok=True
    )
    assert number_format(texts([*values, "3.5 t"])) is None


def test_two_different_texts_are_binary() -> None:
    assert column_of("x", texts(["5%", "10%"] * 10)).categories == ("10%", "5%")


def test_codes_with_leading_zeros_are_as_they_were() -> None:
    assert number_format(texts(["01,234", "02,345", "03,456"])) is None


def test_a_comma_is_a_decimal_point_where_the_user_says_that_it_is_a_number() -> None:
    column = column_of("x", texts(["1,2", "3,4", "1,3"]), "numeric")
    assert column.codes(texts(["5,5"])).tolist() == [5.5]


def test_most_plain_numbers_among_grouped_ones_are_no_fault() -> None:
    column = column_of("x", texts([str(i) for i in range(100, 200)] + ["1,234"]))
    assert column.codes(texts(["1,234", "7"])).tolist() == [1234, 7]


def test_a_unit_is_shown_behind_a_space() -> None:
    shown = [str(NumberFormat(",", ".", sign)) for sign in ("kg", "€", "%")]
    assert shown == ["1,234.5 kg", "1,234.5€", "12.5%"]


def test_the_convention_is_shown_and_kept_as_json() -> None:
    rows = pa.table({"price": ["$1,200.50", "$3", "$4"], "n": [1.5, 2.5, 3.5]})
    table = Table.of(rows, {})
    assert "  numeric: price (written as $1,234.5), n" in column_lines(table)
    again = Table.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again == table
    other = pa.table({"price": ["$7,000"], "n": [1.0]})
    assert again.encode(other, "x").x.tolist() == [[7000, 1]]
    assert again.encode(pa.table({"price": [8.5], "n": [1.0]}), "x").x[0, 0] == 8.5
    with pytest.raises(InputError, match=r"numbers written as \$1,234.5, got '€7,000' in row 1"):
        again.encode(pa.table({"price": ["€7,000"], "n": [1.0]}), "x")


def test_many_targets_are_numbers_and_few_are_classes(tmp_path: Path) -> None:
    path, test = tmp_path / "a.csv", tmp_path / "test.csv"
    lines = [f'{i % 7},"{1000 + 37 * i:,}",{i % 3 * 5}%' for i in range(60)]
    path.write_text("\n".join(["x,pay,rate", *lines]))
    test.write_text("\n".join(["x,pay,rate", *lines[:3]]))
    data = load_dataset(path, target="pay", drop="rate", test=test)
    assert data.task == "regression"
    assert np.array_equal(data.y_train, 1000.0 + 37 * np.arange(60))
    assert np.array_equal(data.y_test, data.y_train[:3])
    assert load_dataset(path, target="rate").classes.tolist() == ["0%", "10%", "5%"]


def test_rows_that_do_not_tell_are_read_as_the_training_rows_were(tmp_path: Path) -> None:
    train, some = tmp_path / "train.csv", tmp_path / "some.csv"
    lines = [f"{i % 7 + 1}.{i:02d}0;{i % 2};{i}.5" for i in range(50)]
    train.write_text("\n".join(["price;y;z", *lines, "950;1;1.5", "7;0;2.5", "64;1;3.5"]))
    some.write_text("price;z\n1.234;1.5")
    table = load_dataset(train, target="y").table
    assert table is not None
    assert table.encode(read_table(some), "x").x.tolist() == [[1234, 1.5]]


def test_decimal_commas_elsewhere_in_a_file_make_points_thousands(tmp_path: Path) -> None:
    path, some = tmp_path / "train.csv", tmp_path / "some.csv"
    path.write_text("price;size\n1.234;1,5\n2.345;2,25\n3.456;3,5")
    some.write_text("price;size\n1.234;3")
    table = Table.of(read_table(path), {})
    assert table.encode(read_table(some), "x").x.tolist() == [[1234, 3]]


def test_a_file_of_three_decimals_each_has_numbers(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("a,b\n1.234,1.25\n2.500,2.5\n3.456,3.5")
    table = Table.of(read_table(path), {})
    assert table.encode(pa.table({"a": [2.5], "b": [1.0]}), "x").x.tolist() == [[2.5, 1]]
    assert table.encode(read_table(path), "x").x[:, 0].tolist() == pytest.approx(
        [1.234, 2.5, 3.456]
    )


@pytest.mark.parametrize("values", [["€1.234", "€2.345", "€980"], ["1.234", "2.345", "980"]])
def test_points_of_two_meanings_are_warned_of_once_and_the_kind_decides(
    values: list[str],
) -> None:
    rows = pa.table({"price": values * 20, "n": [float(i) for i in range(60)]})
    with pytest.warns(UserWarning, match=r"'price' \('€?1.234'\) may separate decimals or"):
        Table.of(rows, {})
    table = Table.of(rows, {"price": "numeric"})
    assert table.encode(rows, "x").x[0, 0] == pytest.approx(1.234)


def test_a_target_of_two_meanings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("\n".join(["x,pay", *[f"{i},€1.{i}7" for i in range(10, 60)]]))
    with pytest.raises(InputError, match=r"'€1\.107' of the target 'pay' may separate decimals"):
        load_dataset(path, target="pay")
