"""A search with several yes/no labels, and what is made of its folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import InputError, SearchResult, StagedSearch
from optuna_dnc.ensemble import ensemble
from optuna_dnc.refit import refit
from optuna_dnc.report import write_report
from optuna_dnc.results.card import NAME as CARD
from optuna_dnc.runs import open_run
from tests.searches import SMALL

LABELS = ["spam", "rude", "off"]
N = 160


def _rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 3))
    has = x + 0.2 * rng.normal(size=x.shape) > [0.5, 0.0, -0.5]
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(city=["Ulm", "Bonn"] * (N // 2))
    return frame.assign(
        **{name: np.where(has[:, i], "yes", "no") for i, name in enumerate(LABELS)}
    )


ROWS = _rows()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search of a file whose labels are yes and no."""
    out = tmp_path_factory.mktemp("multilabel")
    ROWS.to_csv(out / "reviews.csv", index=False)
    _search(out).run()
    return out


def _search(folder: Path) -> StagedSearch:
    settings = SMALL | {"epochs": 8, "n_steps": 1, "floors": True}
    out = folder / "run"
    return StagedSearch(
        folder / "reviews.csv", target=LABELS, test_fraction=0.25, out=out, **settings
    )


@pytest.fixture(scope="module")
def result(folder: Path) -> SearchResult:
    """Its result."""
    return SearchResult.load(folder / "run")


def test_predictions_are_the_values_of_the_labels(result: SearchResult) -> None:
    predicted, proba = result.predict(ROWS), result.predict_proba(ROWS)
    assert predicted.shape == proba.shape == (N, 3)
    assert predicted.tolist() == np.where(proba > 0.5, "yes", "no").tolist()
    right = np.mean(predicted == ROWS[LABELS].to_numpy())
    assert right > 0.7
    panel = result.evaluate(ROWS)
    assert panel.scores["hamming_accuracy"] == pytest.approx(right)
    assert panel.classes == tuple(LABELS)


def test_the_record_has_the_task_and_the_metric(result: SearchResult) -> None:
    summary, best = result.summary, result.best
    assert (summary["task"], summary["metric"]) == ("multilabel", "hamming_accuracy")
    assert best.val_accuracy is not None
    assert best.quality.val_error == pytest.approx(1 - best.val_accuracy)
    assert summary["evaluation"]["panel"]["task"] == "multilabel"
    assert [floor["name"] for floor in summary["evaluation"]["floors"]][:2] == [
        "constant guess",
        "linear model",
    ]
    stored = json.loads((result.path / "config.json").read_text())["preprocessing"]
    assert stored["classes"] == LABELS
    assert stored["label_values"] == ["no", "yes"]


def test_report_and_card_name_the_labels(result: SearchResult) -> None:
    page = write_report(result.path).read_text()
    card = (result.path / CARD).read_text()
    assert "Hamming accuracy" in page
    assert all(f"<td>{name}" in page or f">{name}<" in page for name in LABELS)
    assert "multi-label classification" in card
    assert "3 yes/no labels: spam, rude, off" in card


def test_an_ensemble_averages_probabilities(result: SearchResult, tmp_path: Path) -> None:
    several = ensemble(result.path, top=2, out=tmp_path / "ensemble")
    proba = several.predict_proba(ROWS)
    assert several.predict(ROWS).tolist() == np.where(proba > 0.5, "yes", "no").tolist()
    assert several.performance.quality.metric == "hamming_accuracy"


def test_a_refit_answers_the_same_labels(result: SearchResult, tmp_path: Path) -> None:
    again = refit(result.path, data=ROWS, epochs=1, out=tmp_path / "refit")
    assert again.predict(ROWS).shape == (N, 3)


def test_the_same_search_resumes(folder: Path) -> None:
    n_records = len(open_run(folder / "run").ledger.records)
    assert _search(folder).run().summary["task"] == "multilabel"
    assert len(open_run(folder / "run").ledger.records) == n_records


@pytest.mark.parametrize(
    "metric",
    ["subset_accuracy", "f1_macro", "f1_micro", "roc_auc", "average_precision", "log_loss"],
)
def test_the_metric_is_the_error_of_the_search(metric: str, tmp_path: Path) -> None:
    settings = SMALL | {"n_startup_trials": 1, "n_steps": 0}
    search = StagedSearch(
        (ROWS[["a", "b"]], ROWS[LABELS]), metric=metric, out=tmp_path / "run", **settings
    )
    best = search.run().best
    assert best.quality.metric == metric
    assert best.quality.val is not None
    assert best.quality.val.value is not None


def test_weights_of_labels_are_used(tmp_path: Path) -> None:
    settings = SMALL | {"n_startup_trials": 1, "n_steps": 0}
    shares = []
    for weight in ({"rude": 0.02}, {"rude": 50.0}):
        search = StagedSearch(
            ROWS, target=LABELS, class_weight=weight, out=tmp_path / str(weight), **settings
        )
        shares.append(np.mean(search.run().predict(ROWS)[:, 1] == "yes"))
    assert shares[0] < shares[1]


def test_labels_of_another_metric_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="metric 'accuracy' is for classification, but the task"):
        StagedSearch(ROWS, target=LABELS, metric="accuracy", out=tmp_path / "run", **SMALL)
