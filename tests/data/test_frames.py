"""Data frames: which columns are numbers, and how columns are matched by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, Preprocessing, load_dataset
from optuna_dnc.data.array_loader import frames_as_arrays

N = 60
LABELS = np.arange(N) % 3
TEXT = str(pd.Series(["a"]).dtype)  # object before pandas 3
RNG = np.random.default_rng(0)


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"size": RNG.normal(size=N), "count": np.arange(N)}).assign(**columns)


def load(x: Any, y: Any = LABELS, **options: Any) -> Dataset:
    """Load frames of numbers as arrays with names, as scikit-learn estimators take them."""
    return load_dataset(frames_as_arrays((x, y)), **options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: frame(flag=LABELS == 0),
        lambda: pd.get_dummies(frame(kind=pd.Series(list("xyz") * 20))),
        lambda: pd.get_dummies(frame(kind=pd.Series(list("xyz") * 20)), sparse=True),
        lambda: frame().astype({"count": "Int64"}),
        lambda: frame(flag=pd.array([True, False] * 30, dtype="boolean")),
        lambda: frame(flag=LABELS > 1).convert_dtypes(),
        lambda: frame().astype("Float32"),
        lambda: frame().astype(object),
        lambda: frame(price=[Decimal(i) / 4 for i in range(N)]),
        lambda: frame(share=[Fraction(i, 4) for i in range(N)]),
        lambda: frame(size=np.arange(N, dtype=np.uint64))[["size", "count"]],
    ],
    ids=[
        "bool",
        "dummies",
        "sparse",
        "Int64",
        "boolean",
        "convert_dtypes",
        "Float32",
        "object",
        "Decimal",
        "Fraction",
        "uint64",
    ],
)
def test_numeric_and_boolean_columns_become_floats(make: Callable[[], pd.DataFrame]) -> None:
    x = make()
    data = load(x)
    assert data.x_train.dtype.kind == "f"
    assert data.feature_names == tuple(x.columns)
    expected = np.array([[float(value) for value in row] for row in x.to_numpy(dtype=object)])
    assert np.allclose(data.x_train, expected)


def test_frames_of_one_dtype_keep_it() -> None:
    counts = pd.DataFrame(RNG.integers(0, 9, (N, 2)).astype(np.uint8), columns=["a", "b"])
    assert load(counts).x_train.dtype == np.uint8
    assert load(counts > 4).x_train.dtype == bool


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["x", "y"] * 30, TEXT),
        (["1.5", "2"] * 30, TEXT),
        (pd.Categorical([1, 2] * 30), "category"),
        (pd.Timestamp("2020-01-01"), "datetime64"),
        (pd.Timedelta(1, "s"), "timedelta64"),
        (pd.Series([1, "a"] * 30, dtype=object), "object"),
        (1j, "complex128"),
    ],
    ids=["strings", "digits", "categories", "dates", "durations", "mixed", "complex"],
)
def test_a_network_of_numbers_names_other_columns(values: Any, kind: str) -> None:
    trained = Preprocessing.fit(load(frame(city=LABELS)), np.arange(N))
    with pytest.raises(InputError, match=rf"x has columns .* no numbers: 'city' \({kind}"):
        trained.transform(frame(city=values))


def test_many_columns_without_numbers_are_told_in_one_line() -> None:
    columns = [f"c{i}" for i in range(12)]
    trained = Preprocessing.fit(load(frame(**dict.fromkeys(columns, LABELS))), np.arange(N))
    with pytest.raises(InputError, match=rf"'c4' \({TEXT}\) and 7 more;") as caught:
        trained.transform(frame(**dict.fromkeys(columns, "x")))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "Float64", "object"])
def test_missing_values_are_located_by_row_and_name(dtype: str) -> None:
    trained = Preprocessing.fit(load(frame(gaps=LABELS)), np.arange(N))
    column = pd.Series([1, 1, None, 0] * 15, dtype=dtype)
    with pytest.raises(InputError, match=r"NaN.* in row 2, column 2 \('gaps'\)"):
        trained.transform(frame(gaps=column))


def test_arrays_and_lists_of_python_numbers_become_floats() -> None:
    expected = np.array([[1.5, 1.0]] * N)
    for rows in ([[Decimal("1.5"), True]] * N, np.array([[1.5, 1]] * N, dtype=object)):
        assert np.array_equal(load(rows).x_train, expected)
    with pytest.raises(InputError, match=r"not numbers, the first of type str at \[0, 1\]"):
        load([[Decimal(1), "a"]] * N)
    with pytest.raises(InputError, match="row 0, column 1"):
        load([[1, None]] * N)


@pytest.mark.parametrize(
    "y",
    [
        [Decimal(i) / 4 for i in range(N)],
        pd.Series([Decimal(i) / 4 for i in range(N)]),
        [Fraction(i, 4) for i in range(N)],
        [Decimal("0.25"), 0.5] * 30,
        pd.Series(np.arange(N) / 4, dtype="Float64"),
        pd.DataFrame({"a": [Decimal(i) / 4 for i in range(N)], "b": range(N)}),
    ],
    ids=["list", "series", "Fraction", "mixed", "Float64", "frame"],
)
def test_targets_that_are_numbers_become_floats(y: Any) -> None:
    data = load(frame(), y)
    assert data.task == "regression"
    assert data.y_train.dtype == np.float64
    assert np.array_equal(data.y_train, np.asarray(y).astype(float))


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (pd.Series(LABELS, dtype="Int64"), "i"),
        (pd.Series(LABELS > 0, dtype="boolean"), "b"),
        (pd.Series(list("abc") * 20, dtype="string"), "U"),
        (pd.Series(list("abc") * 20, dtype="category"), "U"),
    ],
    ids=["Int64", "boolean", "string", "category"],
)
def test_nullable_labels_are_labels(y: pd.Series, kind: str) -> None:
    data = load(frame(), y)
    assert data.task == "classification"
    assert data.y_train.dtype.kind == kind


def test_missing_labels_are_located() -> None:
    with pytest.raises(InputError, match="ytr has missing values: 30 in all, the first in row 1"):
        load(frame(), pd.Series(["a", None] * 30, dtype=object))


def trained_on(x: pd.DataFrame) -> Preprocessing:
    return Preprocessing.fit(load(x), np.arange(N))


def test_columns_in_another_order_are_the_same_samples() -> None:
    x = frame(flag=LABELS == 0)
    preprocessing = trained_on(x)
    assert preprocessing.feature_names == ("size", "count", "flag")
    expected = preprocessing.transform(x)
    assert np.array_equal(preprocessing.transform(x[x.columns[::-1]]), expected)
    assert np.array_equal(preprocessing.transform(x.to_numpy(dtype=float)), expected)


def test_columns_without_names_of_their_own_are_matched_too() -> None:
    x = pd.DataFrame(RNG.normal(size=(N, 4)))
    preprocessing = trained_on(x)
    assert np.array_equal(preprocessing.transform(x[[2, 0, 3, 1]]), preprocessing.transform(x))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x.drop(columns="count"), "x lacks the column 'count';"),
        (lambda x: x.assign(price="cheap"), "x has the column 'price' unknown in training;"),
        (
            lambda x: x.rename(columns={"size": "Size"}),
            "x lacks the column 'size' and has the column 'Size' unknown",
        ),
        (lambda x: x[["count", "size", "size"]], "x has the column 'size' more than once"),
        (lambda x: x[[]], "x lacks the columns 'size', 'count';"),
    ],
    ids=["missing", "extra", "renamed", "twice", "none"],
)
def test_columns_that_differ_are_named(change: Callable[..., pd.DataFrame], said: str) -> None:
    x = frame()
    with pytest.raises(InputError, match=said):
        trained_on(x).transform(change(x))


def test_the_test_set_is_brought_in_the_order_of_the_training_set() -> None:
    x, test = frame(), frame()
    data = load_dataset(frames_as_arrays((x, LABELS, test[["count", "size"]], LABELS)))
    assert np.array_equal(data.x_test, test.to_numpy())
    with pytest.raises(InputError, match="xte lacks the column 'size'"):
        load_dataset(frames_as_arrays((x, LABELS, test[["count"]], LABELS)))


def test_names_of_arrays_can_be_given_beside_them(tmp_path: Any) -> None:
    x = RNG.normal(size=(N, 2))
    np.savez(tmp_path / "named.npz", xtr=x, ytr=LABELS, feature_names=["a", "b"])
    data = load_dataset(tmp_path / "named.npz")
    assert data.feature_names == ("a", "b")
    assert data.with_columns(["b", "a"]).x_train.tolist() == x[:, ::-1].tolist()
    with pytest.raises(InputError, match="feature_names has 1 names and a sample the shape"):
        load_dataset({"xtr": x, "ytr": LABELS, "feature_names": ["a"]})
