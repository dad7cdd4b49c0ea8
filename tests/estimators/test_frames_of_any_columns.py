"""Data frames with strings, categories, dates or missing values in estimators."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import DNCClassifier, DNCRegressor, InputError
from tests.estimators.conftest import SMALL

N = 90
RNG = np.random.default_rng(0)
CITY = np.array(["Ulm", "Bonn", "Kiel"])[np.arange(N) % 3]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    x = pd.DataFrame({"size": RNG.normal(size=N), "city": CITY, "hot": CITY == "Ulm"})
    x.loc[4, "size"] = np.nan
    return x


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame) -> DNCClassifier:
    return DNCClassifier(**SMALL, random_state=0).fit(frame, CITY)


def test_strings_and_gaps_are_learned_from(fitted: DNCClassifier, frame: pd.DataFrame) -> None:
    assert fitted.score(frame, CITY) > 0.9
    assert fitted.predict_proba(frame).shape == (N, 3)


def test_names_and_numbers_of_columns_are_those_of_the_frame(fitted: DNCClassifier) -> None:
    assert fitted.feature_names_in_.tolist() == ["size", "city", "hot"]
    assert fitted.n_features_in_ == 3


def test_columns_are_matched_by_name(fitted: DNCClassifier, frame: pd.DataFrame) -> None:
    turned = frame[["hot", "city", "size"]]
    assert np.array_equal(fitted.predict_proba(turned), fitted.predict_proba(frame))
    with pytest.raises(InputError, match="lacks the column 'city'"):
        fitted.predict(frame.drop(columns="city"))
    with pytest.raises(
        InputError, match="X must be a data frame with the columns of the training"
    ):
        fitted.predict(frame.to_numpy())


def test_a_pickled_estimator_predicts_the_same(fitted: DNCClassifier, frame: pd.DataFrame) -> None:
    copy = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(copy.predict_proba(frame), fitted.predict_proba(frame))


def test_a_regressor_takes_them_too(frame: pd.DataFrame) -> None:
    y = np.stack([np.arange(N) % 3.0, RNG.normal(size=N)], axis=1)
    model = DNCRegressor(**SMALL, random_state=0).fit(frame, y)
    assert model.predict(frame).shape == (N, 2)


@pytest.mark.parametrize(
    ("y", "said"),
    [(CITY[:-1], "inconsistent numbers of samples"), (np.linspace(0, 1, N), "continuous")],
    ids=["length", "numbers"],
)
def test_targets_are_checked_as_for_arrays(frame: pd.DataFrame, y: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DNCClassifier(**SMALL).fit(frame, y)


def test_a_classifier_takes_many_integers_as_classes(frame: pd.DataFrame) -> None:
    ages = 18 + np.arange(N) % 43
    model = DNCClassifier(**{**SMALL, "epochs": 1}, random_state=0).fit(frame, ages)
    assert len(model.classes_) == 43


def test_samples_to_validate_with_may_be_such_frames(frame: pd.DataFrame) -> None:
    model = DNCClassifier(**SMALL, random_state=0)
    model.fit(frame, CITY, eval_set=(frame[["hot", "city", "size"]][:30], CITY[:30]))
    assert model.result_.preprocessing().table is not None
    assert model.score(frame, CITY) > 0.9
    with pytest.raises(InputError, match="lacks the column 'city'"):
        model.fit(frame, CITY, eval_set=(frame.drop(columns="city"), CITY))


@pytest.mark.parametrize("dtype", ["boolean", "Int64"])
def test_nullable_labels_keep_their_type(frame: pd.DataFrame, dtype: str) -> None:
    y = pd.Series(CITY == "Ulm").astype(dtype)
    model = DNCClassifier(**SMALL, random_state=0).fit(frame, y)
    assert model.classes_.dtype.kind == {"boolean": "b", "Int64": "i"}[dtype]


def test_names_that_are_there_twice_are_told(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="X has the column 'size' more than once"):
        DNCClassifier(**SMALL, random_state=0).fit(frame[["size", "size", "city"]], CITY)


@pytest.mark.parametrize("columns", [["hot", "count"], ["size", "city"]], ids=["numbers", "mixed"])
def test_the_frame_of_a_fit_is_the_data_of_its_run(
    frame: pd.DataFrame, columns: list[str], tmp_path: Path
) -> None:
    x = frame.assign(count=np.arange(N))[columns]
    model = DNCClassifier(**SMALL, random_state=0, out=tmp_path / "run").fit(x, CITY)
    codes = np.searchsorted(model.classes_, CITY)
    refit = model.result_.refit(1, data=(x, codes), device="cpu")
    assert refit.predict(x).shape == (N,)
