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
from optuna_dnc.data.tables.kinds import column_of, infer_kind
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.data.tables.table import Table
from optuna_dnc.data.tables.values import plain
from optuna_dnc.data.tables.written_numbers import number_format

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
        ["1.234,5", "1.234", "1.567"],  # a file of the latter alone has decimals
        ["1,23,456", "1,234", "5"],
        ["555-1234", "555-1235", "555-1236"],
        ["$", "%", "-"],
    ],
)
def test_what_may_be_anything_else_stays_text(values: list[str]) -> None:
    assert number_format(texts(values)) is None
    assert infer_kind("x", texts(values * 10)) == "category"


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
