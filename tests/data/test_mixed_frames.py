"""Data frames with strings, categories, dates or missing values, and targets apart."""

from __future__ import annotations

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
    assert data.table.target == ()
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


@pytest.mark.parametrize("to", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "arrow"])
def test_frames_of_other_libraries_are_the_same_data(to: Any) -> None:
    x = mixed().drop(columns="grade")
    assert load_dataset((to(x), LABELS)).fingerprint() == load_dataset((x, LABELS)).fingerprint()


def test_ordered_categories_of_numbers_stay_in_their_order() -> None:
    grade = pd.Categorical([1, 2, 7] * 20, ordered=True)
    data = load_dataset((frame(grade=grade), LABELS))
    assert data.feature_names == ("size", "count", "grade")


def test_frames_of_numbers_without_gaps_are_arrays() -> None:
    x = frame(flag=LABELS == "yes")
    data = load_dataset((x, LABELS))
    assert data.table is None
    named = {"xtr": x.to_numpy(dtype=float), "ytr": LABELS, "feature_names": list(x.columns)}
    assert data.fingerprint() == load_dataset(named).fingerprint()


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
    with pytest.raises(InputError, match="xte is a ndarray, but other samples are a data frame"):
        load_dataset((mixed(), LABELS, np.ones((N, 5)), LABELS))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pd.Timedelta(1, "s"), "column 'city' holds duration"),
        (pd.Series([1, "a"] * 30, dtype=object), "column 'city' holds values of several types"),
        (1j, "column 'city' holds values that are not supported"),
        ([[1, 2]] * N, "column 'city' holds lists or records"),
    ],
    ids=["durations", "mixed", "complex", "lists"],
)
def test_columns_that_cannot_be_encoded_are_named(values: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_dataset((frame(city=values), LABELS))
    assert "\n" not in str(caught.value)


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
    search = StagedSearch(data, n_startup_trials=1, n_steps=0, epochs=1, refit=False, out=out)
    result = search.run()
    assert result.predict(x).shape == (N,)
    assert (result.predict(x[x.columns[::-1]]) == result.predict(x)).all()
