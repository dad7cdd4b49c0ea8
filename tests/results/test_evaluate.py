"""Evaluation of saved networks on samples of the user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import InputError
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.search import SearchResult, StagedSearch
from tests.searches import SMALL, Arrays

MAKERS: dict[str, Callable[[SearchResult, Arrays], Predicting]] = {
    "search": lambda result, data: result,
    "refit": lambda result, data: result.refit(3, data=data, device="cpu"),
    "ensemble": lambda result, data: result.ensemble(2, data=data, device="cpu"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_all_that_predicts_is_evaluated(kind: str, result: SearchResult, classes: Arrays) -> None:
    x, y = classes[2:]
    network = MAKERS[kind](result, classes)
    panel = network.evaluate(x, y)
    assert panel.n_samples == len(y)
    assert panel.classes == ("a", "b", "c")
    assert panel.value == pytest.approx(np.mean(network.predict(x) == y))
    assert panel.confusion is not None
    assert np.sum(panel.confusion) == len(y)


def test_another_main_metric_has_the_interval(result: SearchResult, classes: Arrays) -> None:
    panel = result.evaluate(classes[2], classes[3], metric="roc_auc")
    assert panel.metric == "roc_auc"
    assert panel.interval is not None
    low, high = panel.interval
    assert low < panel.scores["roc_auc"] < high


def test_the_metric_of_the_search_is_the_main_one(result: SearchResult, classes: Arrays) -> None:
    result.summary["settings"]["metric"] = "log_loss"
    result.summary.pop("sha256")
    assert result.evaluate(classes[2], classes[3]).metric == "log_loss"


def test_a_series_of_labels_is_evaluated(result: SearchResult, classes: Arrays) -> None:
    x, y = classes[2:]
    assert result.evaluate(x, pd.Series(y)) == result.evaluate(x, y)


def test_a_data_frame_may_hold_the_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": list("xyz") * 20})
    frame["sort"] = np.where(frame["a"] > 0, "high", "low")
    settings = SMALL | {"n_steps": 0, "space": {"width": (4, 8), "refinements": ()}}
    result = StagedSearch(frame, target="sort", out=tmp_path / "run", **settings).run()
    panel = result.evaluate(frame[["sort", "b", "a"]])
    assert panel == result.evaluate(frame.drop(columns="sort"), frame["sort"])
    assert panel.classes == ("high", "low")
    frame.to_csv(tmp_path / "new.csv", index=False)
    assert panel == result.evaluate(tmp_path / "new.csv")
    with pytest.raises(InputError, match="y must be given: x has no target columns"):
        result.evaluate(frame.drop(columns="sort"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:-1]), "y has 59 targets and x 60 samples; give one for each"),
        (lambda x, y: (x, np.where(y == "a", "z", y)), "labels that are not in the training data"),
        (lambda x, y: (x, np.zeros(len(y))), "y "),
    ],
)
def test_targets_that_do_not_fit_are_refused(
    result: SearchResult, classes: Arrays, change: Callable[..., Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        result.evaluate(*change(*classes[2:]))


def test_a_file_is_read_as_the_command_reads_it(
    result: SearchResult, classes: Arrays, tmp_path: Path
) -> None:
    x, y = classes[2:]
    np.savez(tmp_path / "new.npz", x=x, y=y)
    for path in (tmp_path / "new.npz", str(tmp_path / "new.npz")):
        assert np.array_equal(result.predict(path), result.predict(x))
        assert np.array_equal(result.predict_proba(path), result.predict_proba(x))
        assert result.evaluate(path) == result.evaluate(x, y)
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        result.predict(tmp_path / "none.csv")


@pytest.mark.parametrize("as_given", [list, pd.Series, lambda weights: weights.astype(int)])
def test_samples_count_by_their_weights_in_all_metrics(
    result: SearchResult, classes: Arrays, as_given: Callable[[Any], Any]
) -> None:
    x, y = classes[2:]
    weights = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    weighted = result.evaluate(x, y, sample_weight=as_given(weights))
    rows = np.repeat(np.arange(len(y)), weights.astype(int))
    repeated = result.evaluate(x[rows], y[rows])
    assert weighted.is_weighted
    assert weighted.scores == pytest.approx(repeated.scores)
    assert weighted.scores["log_loss"] != pytest.approx(result.evaluate(x, y).scores["log_loss"])


def test_weights_of_the_call_replace_those_of_the_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": list("xyz") * 20})
    frame["y"], frame["w"] = frame["a"] * 2, np.repeat([1.0, 3.0], 30)
    settings = SMALL | {"n_steps": 0, "space": {"width": (4, 8), "refinements": ()}}
    out = tmp_path / "run"
    result = StagedSearch(frame, target="y", weights="w", out=out, **settings).run()
    scores = result.evaluate(frame).scores
    assert result.evaluate(frame, sample_weight=frame["w"]).scores == scores
    assert result.evaluate(frame, sample_weight=np.ones(60)).scores != scores
    assert result.evaluate(frame[:1], sample_weight=[0]).scores["mae"] >= 0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(59), r"sample_weight has shape \(59,\); give one weight for each of the 60"),
        (np.ones((60, 1)), r"sample_weight has shape \(60, 1\); give one weight"),
        (-np.ones(60), "sample_weight must be finite and at least 0, got -1.0 in row 0"),
        (np.full(60, np.nan), "sample_weight must be finite and at least 0, got nan in row 0"),
        (np.zeros(60), "sample_weight are all zero; give at least two samples a weight"),
        (["much"] * 60, "sample_weight holds <U4; give one number for each sample"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    result: SearchResult, classes: Arrays, weights: Any, message: str
) -> None:
    x, y = classes[2:]
    with pytest.raises(InputError, match=message):
        result.evaluate(x, y, sample_weight=weights)
