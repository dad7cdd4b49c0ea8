"""Kinds of columns are inferred from their values."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data.tables.column import Column
from optuna_dnc.data.tables.columns import column_of
from optuna_dnc.data.tables.kind import Kind
from optuna_dnc.data.tables.kinds import infer_kind
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.data.tables.table import Table
from optuna_dnc.data.tables.values import plain

N = 60
RANDOM = np.random.default_rng(0)
CLOCKS = [f"9:{minute}" for minute in range(10, 50)]


def column(values: Any, name: str = "x", kind: Kind | None = None) -> Column:
    array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    return column_of(name, plain(pa.chunked_array([array])), kind)


def kind_of(values: Any, name: str = "x") -> str:
    array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    return infer_kind(name, plain(pa.chunked_array([array])))


def test_a_third_value_far_down_a_table_counts() -> None:
    assert kind_of([0.5, 1.5] * 1000 + [2.5]) == "numeric"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RANDOM.normal(size=N), "numeric"),
        (RANDOM.integers(18, 61, N), "numeric"),
        (10 ** RANDOM.uniform(3, 8, N) // 1, "numeric"),  # populations
        ([1, 2, 3, 5, 4, 8, 24] * 9, "numeric"),
        ([0, 1] * 30, "binary"),
        ([2.0, None, 7.5] * 20, "binary"),
        ([True, False, None] * 20, "binary"),
        (["yes", "no", ""] * 20, "binary"),
        (["yes", None, "yes"] * 20, "binary"),  # only whether it is there
        ([0, 1, 2, 3] * 15, "ordered"),
        ([1.0, 2.0, 3.0, np.nan] * 15, "ordered"),
        (["red", "green", "blue"] * 20, "category"),
        ([f"street {i % 25}" for i in range(N)], "category"),
        (np.arange(N), "identifier"),
        (RANDOM.permutation(200)[:N] + 5000, "identifier"),
        ([f"{i:08x}" for i in range(N)], "identifier"),
        ([f"a note of some words on the {i}th visit" for i in range(N)], "text"),
        (["1994-01-31", None, "2003-12-01", "2003-12-02"] * 15, "date"),
        (["31.01.1994 10:30", "01.12.2003 23:59", "02.12.2003 00:10"] * 20, "date"),
        (np.array(["1994-01-31", "NaT", "2003-12-01"] * 20, dtype="datetime64[s]"), "date"),
        ([7] * N, "constant"),
        ([""] * N, "constant"),
        (pa.nulls(N), "constant"),
        (["1", "2.5", "-3e2", "4"] * 15, "numeric"),  # as databases return them
    ],
)
def test_kind(values: Any, kind: str) -> None:
    assert kind_of(values) == kind


def test_a_name_can_tell_an_identifier_where_values_cannot() -> None:
    values = RANDOM.choice(10**9, N, replace=False)
    assert (kind_of(values, "customer_id"), kind_of(values, "sales")) == ("identifier", "numeric")


def test_texts_among_numbers_are_a_fault_that_is_named_with_its_row() -> None:
    ages: list[str] = [str(age) for age in range(20, 80)]
    ages[40] = "old"
    with pytest.raises(InputError, match=r"'age' mixes .* 1 of 60, the first 'old' in row 41"):
        kind_of(ages, "age")
    assert column(ages, "age", "category").kind == "category"
    ages[:20] = ["young"] * 19 + ["old"]  # too many for a fault
    assert kind_of(ages, "age") == "identifier"
    ages[:20] = ["old"] * 20  # a code of a missing value in the user's language
    with pytest.raises(InputError, match=r"'age' mixes .* 21 of 60, the first 'old' in row 1"):
        kind_of(ages, "age")


@pytest.mark.parametrize("gap", ["-", "--", "Missing", "n.a.", "NaN", "#DIV/0!", "?"])
def test_texts_for_missing_values_among_numbers(gap: str) -> None:
    sizes = [f"{size / 2}" for size in range(40, 97)] + [gap] * 30
    found = column(sizes, "size")
    assert (found.kind, found.has_missing, found.fill) == ("numeric", True, 34.0)
    codes = found.codes(plain(pa.chunked_array([pa.array([gap, "7"])])))
    np.testing.assert_array_equal(codes, [np.nan, 7])


def test_they_may_be_categories_among_few_numbers() -> None:
    assert column(["1", "2", "3", "none"] * 20, "n").categories == ("1", "2", "3", "none")


def test_dates_without_separators() -> None:
    days = np.datetime64("2019-12-30") + np.arange(N)
    numbers = [int(f"{day.astype(object):%Y%m%d}") for day in days]
    dates = column(days, "day")
    for values in (numbers, [str(number) for number in numbers], [*numbers[:-1], None]):
        found = column(values, "day")
        assert found.kind == "date"
        codes = found.codes(plain(pa.chunked_array([pa.array(numbers)])))
        np.testing.assert_array_equal(codes, dates.codes(pa.chunked_array([pa.array(days)])))
    assert kind_of([20191301 + i for i in range(N)], "day") != "date"  # there is no month 13


@pytest.mark.parametrize(
    "form",
    ["%d %b %Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M"],
)
def test_dates_as_people_write_them(form: str) -> None:
    times = np.datetime64("2019-12-30T11:00") + 1500 * np.arange(N)
    written = [f"{time.astype(object):{form}}" for time in times]
    found = column(written, "day")
    assert found.kind == "date"
    expected = times if found.has_time else times.astype("datetime64[D]")
    seconds = expected.astype("datetime64[s]").astype(float)
    np.testing.assert_array_equal(found.codes(plain(pa.chunked_array([written]))), seconds)


def test_a_given_kind_must_be_possible() -> None:
    with pytest.raises(InputError, match="column 'x' must hold numbers, got 'red' in row 1;"):
        column(["red", "green"], kind="numeric")
    with pytest.raises(InputError, match="has 3 different values, and kind binary allows two"):
        column([1, 2, 3], kind="binary")
    with pytest.raises(InputError, match="must hold dates"):
        column(["red", "green"], kind="date")


def test_years_of_two_digits_are_of_this_century_or_the_last() -> None:
    found = column([f"{1 + i % 28:02d}.01.24" for i in range(N)])
    assert (found.kind, found.date_format) == ("date", "%d.%m.%y")
    assert (
        np.datetime64(int(found.fill or 0), "s").astype("datetime64[M]").astype(str) == "2024-01"
    )
    assert (
        kind_of([f"{1 + i % 28:02d}-01-24" for i in range(N)]) == "category"
    )  # which is the year?


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        ([time(10, 30), time(11, 30), None, time(0)], [10.5, 11.5, np.nan, 0]),
        (pa.array([time(10, 30), time(11, 15), time(1)], pa.time32("s")), [10.5, 11.25, 1]),
        (
            ["8:30", "20:15:36", None, *CLOCKS, "-"],
            [8.5, 20.26, np.nan],
        ),
        (["8:30 PM", "12:15 am", "12:45PM"] * 15, [20.5, 0.25, 12.75]),
        (["08:30", "26:00", "100:45"] * 15, [8.5, 26, 100.75]),
    ],
)
def test_times_of_day_are_hours(values: Any, hours: list[float]) -> None:
    found = column(values, "at")
    assert (found.kind, found.inputs[0]) == ("numeric", "at")
    plain_values = plain(pa.chunked_array([pa.array(values)]))
    np.testing.assert_allclose(found.codes(plain_values)[: len(hours)], hours, rtol=1e-12)


def test_hours_may_come_as_times_where_training_had_texts() -> None:
    found = column(["8:30", "9:15", "10:45"] * 15, "at")
    assert found.codes(plain(pa.chunked_array([[time(20, 30)]]))).tolist() == [20.5]
    with pytest.raises(InputError, match=r"'at' must hold numbers written as 8:30, got '8:61'"):
        found.codes(plain(pa.chunked_array([["9:00", "8:61"]])))
    assert Column.from_dict(json.loads(json.dumps(asdict(found)))) == found


def test_scores_with_one_digit_are_no_times() -> None:
    assert kind_of([f"{i % 4}:{i % 3}" for i in range(N)]) == "category"


def test_durations_are_seconds() -> None:
    values = pa.array([timedelta(seconds=90), timedelta(days=1), None, timedelta(0)])
    found = column(values, "delay")
    assert (found.kind, found.fill, found.has_missing) == ("numeric", 90.0, True)
    assert found.codes(plain(pa.chunked_array([values])))[:2].tolist() == [90.0, 86_400.0]


def test_categories_are_sorted_by_size_if_they_are_numbers() -> None:
    assert column([10, 9, 100] * 4, kind="category").categories == ("9", "10", "100")
    assert column(["b", "a", "c"] * 4).categories == ("a", "b", "c")


def test_many_categories_are_embedded_and_rare_ones_are_not_told_apart() -> None:
    values = [f"town {i % 70}" for i in range(280)] + ["village"]
    towns = column(values)
    assert (towns.embedded, towns.n_codes, len(towns.inputs)) == (True, 71, 1)
    assert "village" not in towns.categories


def test_missing_numbers_become_the_median() -> None:
    filled = column([1.0, 2.5, 9.0, np.nan])
    assert (filled.fill, filled.has_missing) == (2.5, True)


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="infinite number in row 3"):
        column([1.0, 2.0, np.inf, 4.5])


def test_identifiers_may_have_a_few_equal_rows_and_the_summary_does_not_deny_it() -> None:
    tickets = [f"A{i}" for i in range(N - 1)] + ["A0"]
    table = Table.of(pa.table({"ticket": tickets, "age": RANDOM.normal(size=N)}), {})
    assert column_lines(table)[-1].startswith(
        "Left out as identifier: ticket (almost every row has its own value"
    )


def test_whole_numbers_beyond_those_with_a_sign_are_numbers() -> None:
    values = pa.array([2**63 + 1000 * i for i in range(N)], pa.uint64())
    assert kind_of(values) == "numeric"
    assert column(values).fill == pytest.approx(2**63)
