"""Data sets of tables: target, features, rows that test, and splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, load_dataset, prepare

N = 120


def people(n: int = N, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, n)
    return pa.table(
        {
            "age": age,
            "job": random.choice(["cook", "nurse", "baker"], n),
            "clinic": random.choice([f"clinic {i}" for i in range(12)], n),
            "day": np.datetime64("2020-01-01") + random.permutation(n),
            "pay": random.normal(size=n).round(3) + age,
            "weight": random.uniform(1, 2, n),
            "rich": np.where(random.normal(size=n) + age / 30 > 1.6, "yes", "no"),
        }
    )


def load(table: Any = None, **options: Any) -> Dataset:
    return load_dataset(people() if table is None else table, **{"target": "rich", **options})


def test_columns_and_rows_by_name_are_a_table() -> None:
    table, expected = people(), load()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    for source in (columns, table.to_pylist()):
        dataset = load(source)
        np.testing.assert_array_equal(dataset.x_train, expected.x_train)
        assert dataset.feature_names == expected.feature_names
    with pytest.raises(InputError, match="column 'poor' is unknown; allowed are age, clinic"):
        load(columns, target="poor")


def test_test_rows_may_be_columns_or_rows_by_name() -> None:
    table = people()
    expected = load(test=table[:9]).x_test
    columns = {name: table[name].to_numpy()[:9] for name in table.column_names}
    for test in (columns, table[:9].to_pylist()):
        np.testing.assert_array_equal(load(test=test).x_test, expected)


def test_none_is_an_option_that_is_not_given() -> None:
    assert load(test=None, drop=None, kind=None).fingerprint() == load().fingerprint()
    with pytest.raises(InputError, match=r"for a mapping of columns, .* with target="):
        load_dataset({"a": [1, 2], "b": [1, 2]}, target=None)


def test_the_target_decides_the_task() -> None:
    assert load().task == "classification"
    assert load(target="pay").task == "regression"
    both = load(target=["pay", "weight"])
    assert (both.task, both.y_train.shape) == ("regression", (N, 2))


def test_features_are_all_other_columns_or_those_that_are_chosen() -> None:
    def columns(**options: Any) -> list[str]:
        table = load(**options).table
        assert table is not None
        return [column.name for column in table.columns]

    assert columns() == ["age", "job", "clinic", "day", "pay", "weight"]
    assert columns(drop="day,weight") == ["age", "job", "clinic", "pay"]
    assert columns(features=["job", "age"]) == ["age", "job"]
    assert "clinic" not in columns(group="clinic")
    assert "weight" not in columns(weights="weight")


def test_an_empty_option_means_that_it_was_not_given() -> None:
    assert load(drop=()).fingerprint() == load().fingerprint()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": ()}, "target: table needs the column that is to be predicted"),
        ({"target": "riche"}, "target: column 'riche' is unknown.* Did you mean 'rich'"),
        ({"drop": "agee"}, "'agee'"),
        ({"weights": "rich"}, "^weights is the target rich;"),
        ({"group": "rich"}, "^group is the target rich;"),
        ({"time_split": "rich"}, "^time_split is the target rich;"),
        ({"weights": "agee"}, "^weights: column 'agee'"),
        ({"weights": "clinic"}, "^weights: column 'clinic' must hold numbers"),
        ({"time_split": "clinic"}, "^time_split: column 'clinic' must hold dates"),
        ({"group": "agee"}, "^group: column 'agee'"),
        ({"group": "clinic,job"}, "^group: column 'clinic,job'"),
        ({"time_split": "day,age"}, "^time_split: column 'day,age'"),
        ({"kind": {"agee": "numeric"}}, "'agee'"),
        ({"kind": {"age": "number"}}, "kind must be one of numeric.*change 'number'"),
        ({"drop": "rich"}, "drop has the target"),
        ({"features": "rich"}, "features has rich"),
        (
            {"test": people(20), "test_fraction": 0.2},
            "test and test_fraction are mutually",
        ),
        ({"group": "clinic", "time_split": "day"}, "group and time_split are mutually"),
        ({"test": people(20).drop_columns(["age"])}, "lacks the column 'age'"),
        ({"test": people(20).drop_columns(["rich"])}, "lacks the target 'rich'"),
        ({"test": 3}, "test must be a table"),
        ({"drop": ["age", "job", "clinic", "day", "pay", "weight"]}, "no column is left"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        load(**options)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "weights",
            -1.0,
            "must hold finite numbers of at least 0, got -1.0 in row 3;",
        ),
        (
            "weights",
            None,
            "must hold finite numbers of at least 0, got none in row 3;",
        ),
        (
            "time_split",
            None,
            "has one missing value, the first in row 3;",
        ),
    ],
)
def test_weights_and_times_that_cannot_be_used_are_told_with_their_row(
    option: str, value: float | None, message: str
) -> None:
    extra = pa.array([1.0, 2.0, value, *range(N - 3)], pa.float64())
    with pytest.raises(InputError, match=f"^{option}: column 'extra' {message}"):
        load(people().append_column("extra", extra), **{option: "extra"})


def test_options_of_tables_are_refused_for_arrays() -> None:
    with pytest.raises(InputError, match="target is for tables"):
        load_dataset("digits", target="y")


def test_rows_without_a_target_are_an_error_or_left_out() -> None:
    rich = people()["rich"].to_pylist()
    table = people().set_column(6, "rich", pa.array([None, *rich[1:]]))
    with pytest.raises(InputError, match="missing values: 1 of 120 rows, the first in row 1;"):
        load(table)
    assert load(table, drop_unlabeled=True).n_train == N - 1


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (["no"] * N, {}, "the target rich holds only one class"),
        (list(range(18, 63)) * 3, {}, "45 different integers, 18 to 62; give task="),
        ([float(i % 5) for i in range(N)], {}, "whole numbers as float64"),
        (["no"] * (N - 1) + ["yes"], {}, "single sample of class 'yes'.*drop the class.$"),
        ([f"{i},000 USD" for i in range(N)], {}, "if these are quantities, write them as plain"),
    ],
)
def test_targets_that_cannot_be_learned(values: list[Any], options: Any, words: str) -> None:
    table = people().set_column(6, "rich", pa.array(values[:N]))
    with pytest.raises(InputError, match=words):
        load(table, **options)


def test_many_whole_numbers_with_gaps_are_quantities() -> None:
    """A column of integers with a gap is one of floats in most files."""
    values = np.arange(N) % 40 * 1.0
    assert load(people().set_column(6, "rich", pa.array(values))).task == "regression"


def test_two_whole_numbers_with_gaps_are_classes() -> None:
    values = pa.array([None, *(np.arange(1, N) % 2 * 1.0)])
    loaded = load(people().set_column(6, "rich", values), drop_unlabeled=True)
    assert loaded.task == "classification"
    assert loaded.y_train.tolist() == [i % 2 for i in range(1, N)]


def test_nothing_is_learned_from_test_rows() -> None:
    test = people(30, seed=1)
    odd = test.set_column(1, "job", pa.array(["pilot"] * 30)).set_column(
        0, "age", pa.array([None] * 30, pa.int64())
    )
    with pytest.warns(UserWarning, match=r"test rows of table .* 'job' \(30 rows\)"):
        dataset = load(test=odd)
    plain = load(test=test)
    assert dataset.table == plain.table
    assert (dataset.x_train == plain.x_train).all()
    assert dataset.n_test == 30


def test_a_fraction_of_the_rows_tests() -> None:
    dataset = load(test_fraction=0.25)
    assert (dataset.n_test, dataset.n_train) == (30, 90)
    again, other = load(test_fraction=0.25), load(test_fraction=0.25, seed=1)
    assert dataset.fingerprint() == again.fingerprint() != other.fingerprint()


def test_groups_are_never_split() -> None:
    dataset = load(group="clinic", test_fraction=0.25, target="pay")
    assert dataset.groups is not None
    table = people()
    of_pay = dict(zip(table["pay"].to_pylist(), table["clinic"].to_pylist(), strict=True))
    sides = [{of_pay[pay] for pay in y.tolist()} for y in (dataset.y_train, dataset.y_test)]
    assert sides[0].isdisjoint(sides[1])
    assert min(map(len, sides)) >= 2
    prepared = prepare(dataset, seed=0)
    assert 0.1 < prepared.n_val / dataset.n_train < 0.35


def test_the_latest_rows_validate_and_test() -> None:
    table = people()
    dataset = load(time_split="day", test_fraction=0.2, target="pay")
    days = dict(zip(table["pay"].to_pylist(), table["day"].to_pylist(), strict=True))
    last_trained = max(days[pay] for pay in dataset.y_train.tolist())
    assert last_trained < min(days[pay] for pay in dataset.y_test.tolist())
    assert dataset.n_test == 24


def test_weights_are_those_of_the_training_rows() -> None:
    dataset = load(weights="weight", test_fraction=0.2, target="pay")
    table = people()
    of_pay = dict(zip(table["pay"].to_pylist(), table["weight"].to_pylist(), strict=True))
    assert dataset.weights is not None
    assert dataset.weights.tolist() == [of_pay[pay] for pay in dataset.y_train.tolist()]
    assert dataset.test_weights is not None
    assert dataset.test_weights.tolist() == [of_pay[pay] for pay in dataset.y_test.tolist()]
    test = people(20, seed=1).drop_columns(["weight"])
    assert load(weights="weight", test=test, target="pay").test_weights is None


def test_a_name_is_noted_as_one_also_beside_a_folder_that_is_called_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits").mkdir()
    assert load_dataset("digits").origin == {"source": "digits", "options": {}}


def test_a_file_notes_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow import csv

    csv.write_csv(people(), tmp_path / "people.csv")
    monkeypatch.chdir(tmp_path)
    dataset = load_dataset("people.csv", target="rich", drop="day", test="people.csv")
    assert dataset.origin == {
        "source": str(tmp_path / "people.csv"),
        "options": {"target": ["rich"], "drop": ["day"], "test": str(tmp_path / "people.csv")},
    }
    assert dataset.name == "people"
