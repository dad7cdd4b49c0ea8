"""Fills and categories of tables come from the rows that are trained on."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc.data import Dataset, Preprocessing, load_dataset
from optuna_dnc.data.preparation import Split, other_folds
from optuna_dnc.data.prepared_data import PreparedData
from optuna_dnc.data.tables import Column, Table
from optuna_dnc.data.tables.fitting import as_fitted, fitted

N = 240
FIRST_OF_VALIDATION = 3 * N // 4
TOWNS = 55
LATE = np.arange(N) >= FIRST_OF_VALIDATION


def columns_of(*, has_new: bool = True) -> dict[str, Any]:
    """The last quarter, which validates, has other values, and categories of its own."""
    random = np.random.default_rng(0)
    size = np.where(LATE, 1000.0, 0.0) + random.normal(size=N).round(2)
    day = np.datetime64("2020-01-01") + np.where(LATE, 900, 0) + random.permutation(N)
    new = LATE & (np.arange(N) % 2 == 0) & has_new
    return {
        "when": np.arange(N),
        "size": [None if i % 5 == 0 else float(v) for i, v in enumerate(size)],
        "day": [None if i % 6 == 0 else v.item() for i, v in enumerate(day)],
        "whole": np.where(LATE, 7.0, 1.0) + random.normal(size=N).round(2),
        "level": [None if i % 7 == 0 else "b" if v else "acde"[i % 4] for i, v in enumerate(new)],
        "kind": ["~new" if v else "xyz"[i % 3] for i, v in enumerate(new)],
        "town": ["~new" if v else f"t{i % TOWNS:02}" for i, v in enumerate(new)],
        "y": ["yes", "no"] * (N // 2),
    }


def dataset_of(rows: dict[str, Any], **options: Any) -> Dataset:
    given: dict[str, Any] = {"time_split": "when", "drop": ["when"], "kind": {"level": "ordered"}}
    return load_dataset(pa.table(rows), target="y", **given | options)


def split_of(dataset: Dataset) -> Split:
    return Split.of(dataset, val_fraction=0.25, seed=0)


@pytest.fixture
def rows() -> dict[str, Any]:
    return columns_of()


@pytest.fixture
def split(rows: dict[str, Any]) -> Split:
    return split_of(dataset_of(rows))


@pytest.fixture
def prepared(split: Split) -> PreparedData:
    return split.placed("cpu", channels_last=False)


def column(split: Split, name: str) -> Column:
    table = split.preprocessing.table
    assert table is not None
    return next(column for column in table.columns if column.name == name)


def inputs(split: Split, rows: pa.Table) -> np.ndarray:
    """Network inputs of new rows, after a way through JSON."""
    saved = Preprocessing.from_dict(json.loads(json.dumps(split.preprocessing.to_dict())))
    return saved.transform(rows).numpy()


@pytest.mark.parametrize("name", ["size", "whole"])
def test_fills_are_medians_of_the_training_rows(
    rows: dict[str, Any], split: Split, name: str
) -> None:
    known = [rows[name][i] for i in split.train if rows[name][i] is not None]
    assert column(split, name).fill == pytest.approx(np.median(known))


def test_fills_of_dates_are_days_of_the_training_rows(rows: dict[str, Any], split: Split) -> None:
    days = [rows["day"][i] for i in split.train if rows["day"][i] is not None]
    middle = np.median(np.array(days, "datetime64[s]").astype(np.int64))
    assert column(split, "day").fill == pytest.approx(middle, abs=86_400)


@pytest.mark.filterwarnings("ignore:rows of x have categories")
def test_what_networks_are_trained_on_is_what_predictions_are_made_from(
    rows: dict[str, Any], split: Split, prepared: PreparedData
) -> None:
    raw = pa.table(rows).drop_columns(["y", "when"])
    for part, samples in ((split.train, prepared.train), (split.val, prepared.val)):
        again = inputs(split, raw.take(part))
        np.testing.assert_allclose(again, samples.x.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore:the test rows of", "ignore:rows of x have categories")
def test_so_is_what_they_are_tested_on(rows: dict[str, Any]) -> None:
    """Gaps that training never had, and unknown categories, have no input that says so."""
    test = {name: values[-24:] for name, values in rows.items()}
    test["whole"] = [None] * 12 + list(test["whole"][12:])
    for name in ("level", "kind", "town"):
        test[name] = ["unheard-of"] * 6 + list(test[name][6:])
    split = split_of(dataset_of(rows, test=pa.table(test)))
    samples = split.placed("cpu", channels_last=False).test
    again = inputs(split, pa.table(test).drop_columns(["y", "when"]))
    np.testing.assert_allclose(again, samples.x.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "new"), [("level", "b"), ("kind", "~new"), ("town", "~new")])
def test_categories_of_validation_rows_alone_count_as_new(
    rows: dict[str, Any], split: Split, name: str, new: str
) -> None:
    raw = pa.table(rows).drop_columns(["y", "when"])[-24:]
    place = raw.column_names.index(name)
    columns = (raw.set_column(place, name, [[value] * 24]) for value in (new, "unheard-of"))
    with pytest.warns(UserWarning, match=rf"categories .*'{name}' \(24 rows\)"):
        known, unknown = (inputs(split, changed) for changed in columns)
    np.testing.assert_array_equal(known, unknown)


def test_they_change_nothing_that_networks_are_trained_on(
    split: Split, prepared: PreparedData
) -> None:
    without = split_of(dataset_of(columns_of(has_new=False)))
    names = split.dataset.feature_names
    assert names is not None
    kept = [i for i, name in enumerate(names) if name != "kind=~new"]
    assert len(kept) == len(names) - 1
    expected = without.placed("cpu", channels_last=False).train.x
    np.testing.assert_array_equal(prepared.train.x[:, kept], expected)
    assert not prepared.train.x[:, names.index("kind=~new")].any()
    assert not prepared.val.x[:, names.index("kind=~new")].any()


def test_categories_that_few_training_rows_have_share_a_code() -> None:
    rows = columns_of(has_new=False)
    early = [i for i in range(FIRST_OF_VALIDATION) if i % TOWNS == 9]
    for i in early[2:]:
        rows["town"][i] = "t10"
    split = split_of(dataset_of(rows))
    assert split.dataset.table is not None
    assert "t09" in split.dataset.table.used[-1].known
    assert column(split, "town").unseen == ("t09",)
    codes = split.placed("cpu", channels_last=False).train.x[early[:2], -1]
    assert codes.tolist() == [0, 0]


def test_where_all_are_rare_those_of_training_rows_have_codes() -> None:
    rows = columns_of()
    rows["town"] = [f"town {i // 2}" for i in range(N)]
    split = split_of(dataset_of(rows, kind={"town": "category"}))
    unseen = {f"town {i}" for i in range(FIRST_OF_VALIDATION // 2, N // 2)}
    assert {*column(split, "town").unseen} == unseen


def test_each_fold_has_the_categories_of_its_own_training_rows() -> None:
    rows = columns_of()
    rows["patient"] = [f"p{i % 8}" for i in range(N)]
    rows["ward"] = [f"w{i % 8}" for i in range(N)]
    dataset = dataset_of(rows, time_split=None, group="patient")
    folds = [
        split_of(dataset),
        *(fold() for fold in other_folds(dataset, n_folds=5, val_fraction=0.25, seed=0)),
    ]
    for fold in folds:
        held_out = {rows["ward"][i] for i in fold.val}
        assert held_out
        assert {*column(fold, "ward").unseen} == held_out


def test_gaps_are_filled_where_the_median_has_the_same_number_as_before() -> None:
    levels = pa.table({"level": ["a", "c", "d", "d", "d", "d", None, "b", "b", "b"]})
    table = Table.of(levels, {"level": "ordered"})
    x, rows = table.encode(levels, "rows").x, np.arange(7)
    fit = fitted(table, x, rows)
    assert fit is not None
    assert table.used[0].fill == fit.used[0].fill == 2  # c, and d
    expected = fit.encode(levels, "rows").x
    np.testing.assert_array_equal(as_fitted(x, table, fit)[:], expected)


def test_all_rows_leave_the_table_as_it_is(split: Split) -> None:
    table = split.dataset.table
    assert table is not None
    assert fitted(table, split.dataset.x_train, np.arange(N)) is table


def test_a_fitted_table_still_has_the_columns_of_its_data(split: Split) -> None:
    table, fit = split.dataset.table, split.preprocessing.table
    assert table is not None
    assert fit is not None
    assert table.has_columns_of(fit)


def test_tables_of_earlier_versions_have_no_categories_that_count_as_new() -> None:
    table = Table.of(pa.table({"kind": ["x", "y", "z"]}), {"kind": "category"})
    saved = json.loads(json.dumps(table.to_dict()))
    del saved["columns"][0]["unseen"]
    assert Table.from_dict(saved) == table


@pytest.mark.parametrize("new", ["a", "z"])  # first or second of the two categories
def test_a_binary_value_of_validation_rows_alone_counts_as_new(new: str) -> None:
    new_at = LATE & (np.arange(N) % 3 == 0)
    rows = columns_of() | {
        "flag": [None if i % 5 == 0 else new if v else "m" for i, v in enumerate(new_at)]
    }
    split = split_of(dataset_of(rows))
    assert column(split, "flag").unseen == (new,)
    held_out = pa.table(rows).drop_columns(["y", "when"]).take(split.val)
    with pytest.warns(UserWarning, match=rf"'flag' \({rows['flag'].count(new)} rows\)"):
        again = inputs(split, held_out)
    validated = split.placed("cpu", channels_last=False).val.x.numpy()
    np.testing.assert_allclose(again, validated, rtol=1e-6, atol=1e-6)
