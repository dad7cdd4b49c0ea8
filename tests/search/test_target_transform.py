"""Regressions that learn the logarithms of their targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, prepare
from optuna_dnc.refit import refit
from optuna_dnc.runs import SearchSettings
from optuna_dnc.search import StagedSearch
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.scoring import Scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
PRICES = np.exp(3 + X @ [1.0, -0.5, 0.2] + 0.1 * RNG.normal(size=200))
FAST: dict[str, Any] = {
    "epochs": 2,
    "n_startup_trials": 1,
    "n_steps": 0,
    "space": {"n_layers": 1, "width": (4, 8), "refinements": ()},
    "device": "cpu",
}


def search(y: np.ndarray = PRICES, **settings: Any) -> StagedSearch:
    return StagedSearch((X, y), **{"out": "never written", **FAST, **settings})


@pytest.mark.parametrize(
    ("y", "settings", "expected"),
    [
        (PRICES, {}, "none"),
        (PRICES, {"metric": "rmse"}, "none"),
        (PRICES, {"metric": "mae"}, "log"),
        (PRICES, {"metric": "mape"}, "log"),
        (PRICES, {"metric": "mae", "target_transform": "none"}, "none"),
        (PRICES, {"metric": "mae", "preset": "deep-n-cheap", "lr": 0.01}, "none"),
        (PRICES, {"target_transform": "log"}, "log"),
        (100 + np.log(PRICES), {"metric": "mae"}, "none"),
        (np.arange(200) % 2, {}, "none"),
    ],
)
def test_logarithms_are_learned_where_metric_and_targets_ask_for_them(
    y: np.ndarray, settings: dict[str, Any], expected: str
) -> None:
    assert search(y, **settings).settings.target_transform == expected


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.arange(200) % 2, "target_transform is 'log', but arrays has classes"),
        (np.log(PRICES) - 3, "needs targets above 0, but arrays has -"),
    ],
    ids=["classes", "negative"],
)
def test_targets_without_logarithms_are_refused(y: np.ndarray, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        search(y, target_transform="log", out=tmp_path / "run").run()
    assert not (tmp_path / "run").exists()


def test_errors_are_in_the_unit_of_the_targets(tmp_path: Path) -> None:
    data = (X[:150], PRICES[:150], X[150:], PRICES[150:])
    settings = {**FAST, "target_transform": "log", "out": tmp_path / "run"}
    result = StagedSearch(data, **settings).run()
    answers = np.asarray(result.predict(X[150:]), dtype=np.float64)
    assert answers.min() > 0
    squares = np.mean((answers - PRICES[150:]) ** 2)
    variance = result.preprocessing().y_divisor[0] ** 2
    assert result.best.test_error == pytest.approx(squares / variance, rel=1e-3)
    again = refit(tmp_path / "run", data=data, device="cpu")
    assert again.preprocessing().y_logs == result.preprocessing().y_logs
    assert StagedSearch(data, **settings).is_complete()


@pytest.mark.parametrize("metric", [None, "mae"])
def test_a_scorer_undoes_logarithms(metric: str | None) -> None:
    data = Dataset("prices", X, PRICES, X[:0], PRICES[:0], "regression")
    prepared = prepare(data, metric=metric, target_transform="log")
    model = torch.nn.Linear(3, 1)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    measured = evaluate(
        model, prepared.val, "regression", torch.device("cpu"), Scorer.of(prepared)
    )
    y = prepared.preprocessing.decode(prepared.val.y)
    guess = np.exp(np.log(prepared.preprocessing.decode(prepared.train.y)).mean())
    train = prepared.preprocessing.decode(prepared.train.y)
    if metric is None:
        expected = np.mean((y - guess) ** 2) / train.var()
    else:
        expected = np.abs(y - guess).mean() / np.abs(train - np.median(train)).mean()
    assert measured.error == pytest.approx(expected, rel=1e-4)


def test_the_published_preset_learns_numbers() -> None:
    assert SearchSettings(preset="deep-n-cheap").target_transform == "none"
