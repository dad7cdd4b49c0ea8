"""What is found in the data themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc.checks.features import (
    check_constant_features,
    check_duplicate_features,
    check_samples,
    check_values,
)
from optuna_dnc.checks.repeats import check_leakage, check_repeats
from optuna_dnc.checks.targets import check_classes, check_floor, check_targets
from optuna_dnc.data import Dataset, load_dataset, prepare

RNG = np.random.default_rng(0)


def dataset(
    x: np.ndarray | None = None,
    y: np.ndarray | None = None,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    **options: Any,
) -> Dataset:
    """600 samples of four features in three classes, unless told otherwise; no test set."""
    x = RNG.normal(size=(600, 4)) if x is None else x
    y = np.arange(len(x)) % 3 if y is None else y
    return load_dataset((x, y) if test is None else (x, y, *test), **options)


def with_column(values: np.ndarray | float) -> Dataset:
    x = RNG.normal(size=(600, 4))
    x[:, 2] = values
    return dataset(x)


def test_samples_are_counted_and_few_to_validate_are_warned_of() -> None:
    many = dataset(test=(RNG.normal(size=(50, 4)), np.arange(50) % 3))
    found = check_samples(many, prepare(many))
    assert found.status == "ok"
    assert found.seen == (
        "480 to train on, 120 to validate with, 50 to test with; 4 features, float64"
    )
    few = dataset(RNG.normal(size=(60, 4)))
    found = check_samples(few, prepare(few))
    assert found.status == "warning"
    assert "12 to validate with, no test set" in found.seen


def test_values_far_from_all_others_are_warned_of() -> None:
    assert check_values(dataset()).status == "ok"
    x = RNG.normal(size=(600, 4))
    x[7, 1] = -9999
    found = check_values(dataset(x))
    assert found.status == "warning"
    assert found.details["far_out"] == [1]
    assert "Feature 1 has a value far from all others" in found.advice
    assert "others reach -9999" in found.advice


@pytest.mark.parametrize(
    "values",
    [np.arange(600) == 5, np.exp(RNG.normal(size=600)), RNG.random(600) < 0.03, 7.0],
    ids=["rare category", "skewed", "binary", "constant"],
)
def test_values_that_are_rare_by_nature_are_no_outliers(values: Any) -> None:
    assert check_values(with_column(values)).status == "ok"


def test_constant_features_are_warned_of_but_not_in_images() -> None:
    found = check_constant_features(with_column(7.0))
    assert (found.status, found.seen, found.details) == ("warning", "1 of 4", {"features": [2]})
    assert "Feature 2 has one value" in found.advice
    images = check_constant_features(load_dataset("digits"))
    assert images.status == "ok"
    assert images.details["features"]


def test_duplicate_features_are_found_in_another_unit() -> None:
    x = RNG.normal(size=(600, 5))
    x[:, 3], x[:, 4] = 100 * x[:, 0] - 7, -x[:, 1]
    found = check_duplicate_features(*both(dataset(x)))
    assert found.details["pairs"] == [[3, 0]]
    assert "3 (as 0)" in found.advice
    assert check_duplicate_features(*both(dataset())).status == "ok"
    assert "images" in check_duplicate_features(*both(load_dataset("digits"))).seen


def test_findings_name_the_columns_of_a_table() -> None:
    height: Any = RNG.normal(size=600).round(3).tolist()
    height[3] = None
    table = {
        "height": height,
        "height in cm": [None if value is None else 100 * value for value in height],
        "income": [*RNG.normal(size=599), 1e9],
        "label": np.arange(600) % 3,
    }
    data = load_dataset(pa.table(table), target="label")
    copies = check_duplicate_features(*both(data))
    assert "Drop feature 'height in cm' (as 'height'):" in copies.advice
    assert copies.seen == "1 of 5"  # both are missing in the same row
    values = check_values(data)
    assert "Feature 'income' has a value far from all others (feature 'income':" in values.advice
    assert values.seen.endswith("2 missing ones filled in")


def both(dataset: Dataset) -> tuple[Dataset, Any]:
    return dataset, prepare(dataset)


@pytest.mark.parametrize(
    ("n_leaked", "status"), [(0, "ok"), (1, "ok"), (10, "warning"), (150, "failure")]
)
def test_test_samples_that_are_training_samples_are_counted(n_leaked: int, status: str) -> None:
    x, x_test = RNG.normal(size=(600, 4)), RNG.normal(size=(200, 4))
    x_test[:n_leaked] = x[100 : 100 + n_leaked]
    found = check_leakage(dataset(x, test=(x_test, np.arange(200) % 3)))
    assert (found.status, found.details["n"]) == (status, n_leaked)


def test_samples_of_few_values_repeat_by_nature() -> None:
    x, x_test = RNG.integers(0, 3, (600, 3)), RNG.integers(0, 3, (200, 3))
    found = check_leakage(dataset(x, test=(x_test, np.arange(200) % 3)))
    assert found.status == "warning"
    assert "as often as training samples repeat" in found.seen


@pytest.mark.parametrize(("kept", "tested"), [("f4", "f8"), ("f8", "f4"), ("f4", "f2")])
def test_leakage_is_seen_through_other_dtypes(kept: str, tested: str) -> None:
    x = RNG.normal(size=(600, 4)).astype(kept)
    found = check_leakage(dataset(x, test=(x[:100].astype(tested), np.arange(100) % 3)))
    assert found.details["n"] == 100


def test_without_a_test_set_nothing_leaks() -> None:
    assert check_leakage(dataset()).seen == "no test set"


def test_repeated_samples_and_labels_that_contradict_each_other() -> None:
    assert check_repeats(dataset()).status == "ok"
    x = RNG.normal(size=(600, 4))
    x[300:360] = x[:60]
    same = check_repeats(dataset(x))  # classes come round every third sample
    assert (same.status, same.details) == ("warning", {"n": 60, "n_unavoidable_errors": 0})
    y = np.arange(600) % 3
    y[300:320] = (y[300:320] + 1) % 3
    other = check_repeats(dataset(x, y))
    assert other.details["n_unavoidable_errors"] == 20
    assert "no network gets below an error of 3.3%" in other.advice


def test_a_regression_has_no_labels_that_contradict() -> None:
    found = check_repeats(dataset(y=RNG.normal(size=600)))
    assert found.details == {"n": 0}


def labels(*counts: int) -> np.ndarray:
    return np.repeat(np.array(["a", "b", "c"][: len(counts)]), counts)


def test_classes_are_counted_in_every_part() -> None:
    y = labels(200, 100, 300)
    found = check_classes(prepare(dataset(y=y, test=(RNG.normal(size=(30, 4)), y[::20]))))
    assert (found.status, found.seen) == ("ok", "a:200, b:100, c:300")
    assert found.details == {
        "classes": ["a", "b", "c"],
        "train": [160, 80, 240],
        "val": [40, 20, 60],
        "test": [10, 5, 15],
    }


def test_rare_missing_and_uneven_classes_are_warned_of() -> None:
    y = labels(450, 142, 8)
    found = check_classes(prepare(dataset(y=y, test=(RNG.normal(size=(30, 4)), y[:30]))))
    assert found.status == "warning"
    assert "Class 'c' has fewer than 10 training samples" in found.advice
    assert "Classes 'b', 'c' are missing from the test samples" in found.advice
    assert "56 times as many" in found.advice


def test_of_many_classes_the_rarest_and_the_most_frequent_are_shown() -> None:
    y = np.concatenate([np.repeat(np.arange(20), 29), np.zeros(20, dtype=int)])
    found = check_classes(prepare(dataset(y=y)))
    assert found.seen == "20 classes, from 29 samples (1) to 49 (0)"


def test_the_floor_is_what_a_constant_guess_gets() -> None:
    floor = check_floor(prepare(dataset(y=labels(200, 100, 300))))
    assert floor.details == {"accuracy": 0.5, "answer": "c"}
    assert check_floor(prepare(dataset(y=RNG.normal(size=600)))).details == {"error": 1.0}


def test_targets_are_described_and_outliers_warned_of() -> None:
    y = RNG.normal(size=600)
    found = check_targets(dataset(y=np.column_stack([y, y + 5])))
    assert found.status == "ok"
    assert found.seen.startswith("2 columns: from ")
    y[3] = 1e4
    found = check_targets(dataset(y=y))
    assert found.status == "warning"
    assert "24 standard deviations" in found.advice
    constant = check_targets(dataset(y=np.column_stack([y, 0 * y + 0.1])))
    assert "Target 1 is constant" in constant.advice


def test_features_that_are_equal_in_most_samples_are_no_duplicates() -> None:
    x = np.zeros((5000, 4))
    x[:, 0] = RNG.normal(size=5000)
    x[101, 1] = x[102, 2] = x[102, 3] = 1.0
    found = check_duplicate_features(*both(dataset(x, np.arange(5000) % 2)))
    assert found.details["pairs"] == [[3, 2]]


@pytest.mark.parametrize("order", ["C", "F"])
def test_blocks_of_features_and_samples_do_not_change_what_is_found(
    monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    x = RNG.normal(size=(600, 7))
    x[7, 5], x[:, 6], x[:, 2] = -9999, 2 * x[:, 0], 7
    data = dataset(np.asarray(x, order=order))
    checks = (check_values, check_constant_features, check_repeats)
    whole = [check(data) for check in checks] + [check_duplicate_features(*both(data))]
    monkeypatch.setattr("optuna_dnc.checks.features.BLOCK_VALUES", 1)
    monkeypatch.setattr("optuna_dnc.data.chunks._CHUNK_VALUES", 50)
    parts = [check(data) for check in checks] + [check_duplicate_features(*both(data))]
    assert parts == whole
    assert whole[0].details["far_out"] == [5]
    assert whole[3].details["pairs"] == [[6, 0]]


def test_targets_of_extreme_scale_are_described() -> None:
    for unit in (1e-200, 1e200):
        found = check_targets(dataset(y=RNG.normal(size=600) * unit))
        assert found.status == "ok"
        assert 0.5 < found.details["std"][0] / unit < 2
