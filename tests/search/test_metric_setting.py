"""The setting ``metric`` from the command to the files and what is shown of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, root_mean_squared_error

from optuna_dnc import InputError
from optuna_dnc.cli import main
from optuna_dnc.ensemble import ensemble
from optuna_dnc.runs import SearchSettings, open_run, search_status
from optuna_dnc.runs.command import command_of_result
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.transfer import transfer_search
from tests.searches import SMALL

Search = Callable[..., StagedSearch]
Arrays = tuple[np.ndarray, ...]


@pytest.fixture(scope="module")
def found(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """A search by macro F1, whose best network was trained on all samples; not to be changed."""
    out = tmp_path_factory.mktemp("metric") / "run"
    settings = SMALL | {"refit": True, "metric": "f1_macro", "class_weight": "balanced"}
    return StagedSearch(arrays, **settings, out=out).run()


def test_the_result_has_the_metric_beside_the_accuracy(
    found: SearchResult, arrays: Arrays
) -> None:
    x, y = arrays[2:]
    predicted, best = found.predict(x), found.best
    assert best.test_metric == pytest.approx(f1_score(y, predicted, average="macro"))
    assert best.test_error == 1 - best.test_metric
    assert best.test_accuracy == pytest.approx(np.mean(predicted == y))
    summary = json.loads((found.path / "result.json").read_text())
    assert summary["metric"] == summary["best"]["metric"] == "f1_macro"
    assert summary["best"]["test_metric"] == best.test_metric
    assert summary["best"]["val_metric"] == pytest.approx(1 - best.val_error)
    assert summary["leaders"][0]["val_metric"] == best.val_metric


def test_trials_record_both(found: SearchResult) -> None:
    run = open_run(found.path)
    assert run.metric.title == "macro F1"
    measured = run.ledger.records[0].measured
    assert measured.metric == "f1_macro"
    assert measured.val_metric == pytest.approx(1 - measured.error)
    assert measured.val_accuracy != measured.val_metric


@pytest.mark.parametrize("command", ["status", "report"])
def test_commands_name_it(
    found: SearchResult, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    with pytest.raises(SystemExit) as stop:
        main([command, str(found.path), *(["--out", str(page)] if command == "report" else [])])
    assert stop.value.code == 0
    text = page.read_text() if command == "report" else capsys.readouterr().out
    assert "macro F1" in text
    assert f"{found.best.test_metric:.4f}" in text


def test_the_command_of_a_result_repeats_it(found: SearchResult) -> None:
    command = str(command_of_result(found.summary))
    assert "--metric f1_macro" in command
    assert "--class-weight balanced" in command


def test_ensembles_are_scored_by_it(found: SearchResult, arrays: Arrays, tmp_path: Path) -> None:
    made = ensemble(found, 2, greedy=True, data=arrays, out=tmp_path / "ensemble")
    expected = f1_score(arrays[3], made.predict(arrays[2]), average="macro")
    assert made.performance.test_metric == pytest.approx(expected)
    assert made.members[0].quality.metric == "f1_macro"


def test_a_transfer_takes_it_only_to_data_of_the_same_task(
    found: SearchResult, arrays: Arrays, tmp_path: Path
) -> None:
    x, y = arrays[:2]
    same = transfer_search(found, (x, y), out=tmp_path / "same", device="cpu")
    assert same.settings.metric == "f1_macro"
    assert same.settings.class_weight is None
    other = transfer_search(found, (x, y + x[:, 0]), out=tmp_path / "other", device="cpu")
    assert other.settings.metric is None


def test_the_default_metric_by_name_is_the_same_search(search: Search) -> None:
    assert search(metric="accuracy").identity == search().identity
    assert search(metric="neg_log_loss").identity == search(metric="log_loss").identity


def test_a_regression_is_told_in_the_unit_of_the_targets(search: Search, arrays: Arrays) -> None:
    x, y = arrays[:2]
    targets = 1000.0 * (y + x[:, 0])
    result = search(
        data=(x, targets, x, targets), metric="neg_root_mean_squared_error", n_steps=0
    ).run()
    rmse = root_mean_squared_error(targets, result.predict(x))
    assert result.best.test_metric == pytest.approx(rmse, rel=1e-5)
    assert result.best.test_error == pytest.approx((rmse / targets.std()) ** 2, rel=0.1)
    saved = search_status(result.path).saved
    assert saved is not None
    assert saved.test_metric == result.best.test_metric


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"metric": "f2"}, "metric must be one of accuracy, balanced_accuracy"),
        ({"metric": "mae"}, "'mae' is for regression"),
        ({"metric": "log_loss", "task": "regression"}, "'log_loss' is for classification"),
        ({"metric": "mape", "task": "regression"}, "training targets are 0; drop these rows"),
        ({"metric": "roc_auc"}, "one class is missing from the test samples"),
        ({"class_weight": {"9": 2.0}}, "class_weight: the label '9' is unknown"),
        (
            {"class_weight": {"1": 0.0}},
            "class_weight must have weights above 0, and that of '1' is 0.0",
        ),
        ({"class_weight": "heavy"}, "pairs LABEL=WEIGHT"),
        ({"class_weight": "balanced", "task": "regression"}, "class_weight needs classes"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    search: Search, arrays: Arrays, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    x_train, y_train, x_test, y_test = arrays
    data = (x_train, y_train, x_test[y_test > 0], y_test[y_test > 0])
    with pytest.raises(InputError, match=said):
        search(data=data, **settings).run()
    assert not any(tmp_path.iterdir())


def test_class_weights_are_given_by_label() -> None:
    settings = SearchSettings(class_weight="no=1, a=b=2.5")
    assert settings.class_weight == {"no": 1.0, "a=b": 2.5}
    assert SearchSettings(class_weight={3: 2}).class_weight == {"3": 2.0}


def test_a_damaged_result_has_no_command(found: SearchResult) -> None:
    settings = found.summary["settings"] | {"training_space": 1.0}
    assert command_of_result(found.summary | {"settings": settings}) is None
