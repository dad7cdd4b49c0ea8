"""Names of columns: kept in the run's folder, and matched by everything that predicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import InputError
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.refit import Refit
from optuna_dnc.search import SearchResult, StagedSearch
from tests.sealing import forget_digests
from tests.searches import SMALL

COLUMNS = ["age", "height", "weight", "member", "visits"]


def draw(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 5)) + y[:, None] * np.array([3, -2, 1, 0, 2])
    return pd.DataFrame(x, columns=COLUMNS).assign(member=x[:, 3] > 0), y


@pytest.fixture(scope="module")
def data() -> tuple[Any, ...]:
    return (*draw(150, 0), *draw(60, 1))


@pytest.fixture(scope="module")
def result(data: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    out = tmp_path_factory.mktemp("named") / "run"
    return StagedSearch(data, **SMALL | {"epochs": 4}, out=out).run()


Load = Callable[[SearchResult, tuple[Any, ...]], Any]

PREDICTORS = {
    "search": lambda result, data: SearchResult.load(result.path),
    "ensemble": lambda result, data: (
        result.ensemble(2, data=data, device="cpu") and Ensemble.load(result.path)
    ),
    "refit": lambda result, data: (
        result.refit(2, data=data, device="cpu") and Refit.load(result.path)
    ),
}


@pytest.mark.parametrize("load", PREDICTORS.values(), ids=PREDICTORS)
def test_columns_are_matched_by_name(
    result: SearchResult, data: tuple[Any, ...], load: Load
) -> None:
    predictor, x = load(result, data), data[2]
    for predict in (predictor.predict, predictor.predict_proba):
        expected = predict(x)
        assert np.array_equal(predict(x[x.columns[::-1]]), expected)
        assert np.array_equal(predict(x.to_numpy(dtype=np.float32)), expected)
    with pytest.raises(InputError, match="x lacks the column 'weight';"):
        predictor.predict(x.drop(columns="weight"))
    with pytest.raises(InputError, match="x has the column 'target' unknown in training;"):
        predictor.predict_proba(x.assign(target="a"))


def test_names_lie_in_the_folder_as_json(result: SearchResult) -> None:
    config = json.loads((result.path / "config.json").read_text())
    assert config["preprocessing"]["feature_names"] == COLUMNS


def test_the_data_are_those_of_the_search_in_any_order_of_columns(
    result: SearchResult, data: tuple[Any, ...], tmp_path: Path
) -> None:
    x, y, x_test, y_test = data
    turned = (x[COLUMNS[::-1]], y, x_test, y_test)
    refits = [
        result.refit(3, data=given, out=tmp_path / name, device="cpu")
        for name, given in (("same", data), ("turned", turned))
    ]
    assert np.array_equal(refits[0].predict_proba(x_test), refits[1].predict_proba(x_test))


def test_a_folder_without_names_predicts_by_position(
    classes: tuple[np.ndarray, ...], searched: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for name in ("result.json", "settings.json", "model.safetensors"):
        (older / name).write_bytes((searched / name).read_bytes())
    config = json.loads((searched / "config.json").read_text())
    assert config["preprocessing"].pop("feature_names") is None
    config["preprocessing"].pop("x_constant")
    (older / "config.json").write_text(json.dumps(config))
    forget_digests(older)
    x = classes[2]
    expected = SearchResult.load(searched).predict(x)
    assert np.array_equal(SearchResult.load(older).predict(pd.DataFrame(x)), expected)
