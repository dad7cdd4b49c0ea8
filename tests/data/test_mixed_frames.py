"""Data frames with strings, categories, dates or missing values, and targets apart."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing, load_dataset
from optuna_dnc.search import StagedSearch

N = 60
LABELS = np.array(["no", "yes"])[np.arange(N) % 2]
RNG = np.random.default_rng(0)


def frame(**columns: Any) -> pd.DataFrame:
    numbers = {"size": RNG.normal(size=N), "count": RNG.integers(0, 99, N)}
    return pd.DataFrame(numbers).assign(**columns)


def mixed() -> pd.DataFrame:
    x = frame(
        city=["Ulm", "Bonn", "Kiel"] * 20,
        grade=pd.Categorical([1, 2, 7] * 20),
        day=pd.date_range("2020-01-01", periods=N),
    )
    x.loc[3, "size"] = np.nan
    return x


def test_columns_of_all_kinds_are_encoded() -> None:
    data = load_dataset((mixed(), LABELS))
    assert data.table is not None
    assert data.table.target == ("y",)
    assert [column.kind for column in data.table.columns] == [
        "numeric",
        "numeric",
        "category",
        "category",
        "date",
    ]
    assert data.feature_names is not None
    assert {"size is missing", "city=Bonn", "grade=7", "day.year"} <= set(data.feature_names)
    assert data.task == "classification"


def test_periods_are_their_first_points_in_time() -> None:
    months = pd.period_range("2020-01", periods=N, freq="M")
    x = frame(month=months.start_time)
    expected = load_dataset((x, LABELS)).x_train
    loaded = load_dataset((x.assign(month=months), LABELS)).x_train
    np.testing.assert_array_equal(loaded, expected)


@pytest.mark.parametrize("to", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "arrow"])
def test_frames_of_other_libraries_are_the_same_data(to: Any) -> None:
    x = mixed().drop(columns="grade")
    assert load_dataset((to(x), LABELS)).fingerprint() == load_dataset((x, LABELS)).fingerprint()


def test_ordered_categories_of_numbers_stay_in_their_order() -> None:
    grade = pd.Categorical([1, 2, 7] * 20, ordered=True)
    data = load_dataset((frame(grade=grade), LABELS))
    assert data.feature_names == ("size", "count", "grade")


@pytest.mark.parametrize("columns", [["size", "count"], ["size", "city", "day"]])
def test_targets_beside_a_frame_are_those_in_a_column(columns: list[str]) -> None:
    x = mixed().assign(size=RNG.normal(size=N))[columns]
    y = pd.Series(LABELS, name="sold")
    tests = [{}, {"test": x.assign(sold=y)}]
    for test in tests:
        in_column = StagedSearch(x.assign(sold=y), target="sold", **test).dataset
        four = (x, y, x, y) if test else (x, y)
        for data in (StagedSearch(x, y, **test).dataset, StagedSearch(four).dataset):
            assert data.fingerprint() == in_column.fingerprint()
            assert data.table == in_column.table
            assert data.name == in_column.name


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(LABELS, name="sold", index=range(N, 0, -1)),
        pd.DataFrame({"sold": LABELS}),
        pl.Series("sold", LABELS),
        pl.DataFrame({"sold": LABELS}),
        pa.table({"sold": LABELS}),
    ],
    ids=["series", "frame", "polars", "polars frame", "arrow"],
)
def test_targets_keep_their_name(y: Any) -> None:
    data = load_dataset((mixed(), y))
    assert data.table is not None
    assert data.table.target == ("sold",)
    assert data.y_train.tolist() == LABELS.tolist()


def test_rows_without_a_target_are_left_out_beside_a_frame_too() -> None:
    y = pd.Series(LABELS, dtype=object).mask(np.arange(N) == 3)
    for targets in (y, y.to_list(), y.to_numpy(), [None if v != v else v for v in y]):
        assert load_dataset((mixed(), targets), drop_unlabeled=True).n_train == N - 1


@pytest.mark.parametrize("known", [("yes", "no"), (3, 7), (False, True)])
def test_targets_in_a_list_may_have_gaps(known: tuple[Any, Any]) -> None:
    y = [None, None, *known * (N // 2 - 1)]
    with pytest.raises(InputError, match=r"missing values: 2 of .* with drop_unlabeled=True"):
        load_dataset((mixed(), y))
    assert load_dataset((mixed(), y), drop_unlabeled=True).y_train.tolist() == y[2:]


def test_targets_that_are_also_among_the_features_are_refused() -> None:
    x = frame(sold=LABELS)
    with pytest.raises(InputError, match="x has the targets, too, in column 'sold'; drop it"):
        StagedSearch(x, x["sold"])
    other = load_dataset((x, pd.Series(LABELS[::-1], name="sold")))
    assert other.table is not None
    assert other.table.target == ("sold_",)


def test_a_target_cannot_be_named_beside_targets() -> None:
    with pytest.raises(InputError, match="target names the column size, but the targets are"):
        load_dataset((mixed(), LABELS), target="size")


def test_an_array_of_numbers_can_stand_beside_a_frame_of_numbers() -> None:
    x = frame()
    data = load_dataset((x, LABELS, x.to_numpy(), LABELS))
    assert np.array_equal(data.x_test, data.x_train)


def test_test_samples_are_encoded_like_the_training_samples() -> None:
    x = mixed()
    data = load_dataset({"xtr": x, "ytr": LABELS, "xte": x[x.columns[::-1]], "yte": LABELS})
    assert np.array_equal(data.x_train, data.x_test)
    gaps = frame()
    complete = gaps.copy()
    gaps.loc[3, "size"] = np.nan
    tested = load_dataset((complete, LABELS, gaps, LABELS))
    assert tested.x_test[3, 0] == np.float32(complete["size"].median())


def test_arrays_cannot_stand_beside_mixed_frames() -> None:
    with pytest.raises(InputError, match="xte is a ndarray, but xtr is a data frame"):
        load_dataset((mixed(), LABELS, np.ones((N, 5)), LABELS))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pd.Series([1, "a"] * 30, dtype=object), "column 'city' holds values of several types"),
        (1j, "column 'city' holds values that are not supported"),
        ([[1, 2]] * N, "column 'city' holds lists or records"),
    ],
    ids=["mixed", "complex", "lists"],
)
def test_columns_that_cannot_be_encoded_are_named(values: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_dataset((frame(city=values), LABELS))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "same"),
    [
        (pd.arrays.SparseArray([0.5, 0, 0] * 20), [0.5, 0.0, 0.0] * 20),
        (pd.cut(pd.Series([1, 5, 9] * 20), [0, 3, 6, 9]), ["(0, 3]", "(3, 6]", "(6, 9]"] * 20),
    ],
    ids=["sparse", "intervals"],
)
def test_columns_that_only_pandas_has_are_encoded(column: Any, same: list[Any]) -> None:
    x = frame(z=column)
    names = load_dataset((x, LABELS)).feature_names
    assert names is not None
    assert names[2:] in [("z",), ("z=(0, 3]", "z=(3, 6]", "z=(6, 9]")]
    values = load_dataset((x, LABELS)).x_train
    if isinstance(same[0], str):
        same = pd.Categorical(same, ordered=True)
    assert np.array_equal(values, load_dataset((x.assign(z=same), LABELS)).x_train)


@pytest.mark.parametrize(
    "column",
    [
        [Fraction(i, 4) for i in range(N)],
        [Decimal(i) / 4 if i % 2 else i / 4 for i in range(N)],
        [i % 2 == 0 if i % 3 else i for i in range(N)],
        [10**20 * (i + 1) for i in range(N)],
        np.arange(N) / np.longdouble(4),
    ],
    ids=["Fraction", "Decimal and float", "bool and int", "beyond 64 bits", "longdouble"],
)
def test_numbers_that_arrow_does_not_know_become_floats(column: Any) -> None:
    numbers = [float(value) for value in column]
    data = load_dataset((frame(z=pd.Series(column)), LABELS))
    assert data.x_train[:, 2].tolist() == np.array(numbers, data.x_train.dtype).tolist()
    targets = load_dataset((frame(), pd.Series(column)), task="regression").y_train
    assert np.asarray(targets, float).tolist() == numbers
    trained = Preprocessing.fit(data, np.arange(N))
    rows = [{"size": 0.5, "count": 1, "z": value} for value in column]
    assert np.array_equal(
        trained.transform(rows), trained.transform(pd.DataFrame(rows).assign(z=numbers))
    )


def test_integers_beyond_signed_ones_are_features_and_targets() -> None:
    column = np.uint64(2**63) + np.arange(N, dtype=np.uint64) * np.uint64(2**55)
    data = load_dataset((frame(z=column), column[::-1]), task="regression")
    assert data.x_train[:, 2].tolist() == column.astype(data.x_train.dtype).tolist()
    assert data.y_train.tolist() == column[::-1].tolist()


def test_other_objects_beside_such_numbers_are_named() -> None:
    column = pd.Series([10**25, "a"] * 30, dtype=object)
    with pytest.raises(InputError, match="column 'z' holds values"):
        load_dataset((frame(z=column, share=[Fraction(1, 3)] * N), LABELS))


def test_names_of_columns_may_be_numbers() -> None:
    x = pd.DataFrame(RNG.normal(size=(N, 4)))
    options: dict[str, Any] = {"target": 3, "drop": [0], "kind": {1: "numeric"}}
    data = load_dataset(x, **options)
    assert data.feature_names == ("1", "2")
    assert data.table is not None
    assert data.table.target == ("3",)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (pd.DataFrame(np.ones((N, 3)), columns=["a", "a", "y"]), "'a' more than once"),
        (pd.DataFrame(np.ones((N, 3)), columns=[1, "1", "y"]), "'1' more than once"),
        (pl.DataFrame({"a": [1], "y": [2]}).lazy(), r"is a LazyFrame, .* collect\(\)"),
    ],
    ids=["twice", "number and text", "lazy"],
)
def test_tables_that_cannot_be_read_are_told(x: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_dataset(x, target="y")


def test_record_batches_are_tables() -> None:
    batch = pa.RecordBatch.from_pandas(mixed().drop(columns="grade"))
    assert load_dataset((batch, LABELS)).n_train == N


def test_a_row_by_name_and_dates_with_a_zone_can_be_predicted() -> None:
    x = mixed()
    preprocessing = Preprocessing.fit(load_dataset((x, LABELS)), np.arange(N))
    row = x.iloc[5].to_dict()
    expected = preprocessing.transform(x[5:6])
    assert np.array_equal(preprocessing.transform(row), expected)
    for day in ("2020-01-06T00:00:00Z", "2020-01-06 01:00:00+01:00", "2020-01-06T00:00:00.000Z"):
        assert np.array_equal(preprocessing.transform({**row, "day": day}), expected)


def test_rows_to_predict_are_matched_by_name() -> None:
    x = mixed()
    preprocessing = Preprocessing.fit(load_dataset((x, LABELS)), np.arange(N))
    expected = preprocessing.transform(x)
    assert np.array_equal(preprocessing.transform(x[x.columns[::-1]]), expected)
    with pytest.raises(InputError, match="x lacks the column 'city'"):
        preprocessing.transform(x.drop(columns="city"))
    assert preprocessing.labels_in(x) is None  # no column is the target


def test_a_search_takes_them_and_predicts(tmp_path: Path) -> None:
    x = mixed()
    data, out = (x, LABELS), tmp_path / "run"
    result = StagedSearch(
        data, n_startup_trials=1, n_steps=0, epochs=1, refit=False, floors=False, out=out
    ).run()
    assert result.predict(x).shape == (N,)
    assert (result.predict(x[x.columns[::-1]]) == result.predict(x)).all()
