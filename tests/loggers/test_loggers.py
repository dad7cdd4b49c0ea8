"""Trials in experiment trackers."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import Self

from optuna_dnc import InputError, SearchResult
from optuna_dnc.loggers import (
    LoggedTrial,
    MLflowLogger,
    TensorBoardLogger,
    TrialLogger,
    WandbLogger,
)
from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch

Search = Callable[..., StagedSearch]


@pytest.fixture
def trial(result: SearchResult) -> LoggedTrial:
    """The first trial of a search."""
    study = open_run(result.path).study_of["core-architecture"]
    return LoggedTrial.of(study, study.trials[0])


class Memory(TrialLogger):
    """Keeps the trials in a list, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.trials: list[LoggedTrial] = []
        self.results: list[LoggedTrial] = []
        self._failure = failure

    @classmethod
    def of_run(cls, folder: Path, dataset: str) -> Self:
        return cls()

    def log(self, trial: LoggedTrial) -> None:
        self.trials.append(trial)
        if self._failure is not None:
            raise self._failure

    def log_result(self, result: LoggedTrial) -> None:
        self.results.append(result)


def test_a_trial_is_logged_with_network_training_metrics_and_curves(trial: LoggedTrial) -> None:
    assert trial.name == "run/1-core-architecture/0"
    assert {"network", "lr", "batch_size", "weight_decay"} <= set(trial.params)
    assert {"loss", "val_error", "val_accuracy", "n_params", "t_epoch"} <= set(trial.metrics)
    assert {"train_loss", "val_loss", "val_error"} <= set(trial.curves)
    assert all(min(curve) == 1 for curve in trial.curves.values())


def test_every_trial_of_a_search_is_logged(search: Search) -> None:
    memory = Memory()
    result = search(callbacks=[memory]).run()
    assert len(memory.trials) == sum(stage["n_trials"] for stage in result.summary["stages"])


@pytest.mark.parametrize("metric", [None, "roc_auc"])
def test_trials_and_result_have_the_metric_of_the_search(
    search: Search, metric: str | None
) -> None:
    memory, name = Memory(), metric or "accuracy"
    result = search(callbacks=[memory], metric=metric, floors=True).run()
    assert {f"val_{name}", "val_accuracy"} <= set(memory.trials[0].metrics)
    (logged,) = memory.results
    assert logged.name == f"{result.path.name}/result/{result.best.trial_number}"
    assert logged.params["network"] == str(result.best.config)
    assert logged.metrics[f"val_{name}"] == result.best.val_metric
    assert logged.metrics[f"test_{name}"] == result.best.test_metric
    assert logged.metrics["test_accuracy"] == result.best.test_accuracy
    scores = result.summary["evaluation"]["panel"]["scores"]
    assert logged.metrics["test_log_loss"] == scores["log_loss"]


def test_a_result_is_logged_once(search: Search) -> None:
    memory = Memory()
    search().run()
    search(callbacks=[memory]).run()
    assert memory.results == []


def test_a_tracker_logs_the_result_as_another_trial_by_default(
    result: SearchResult, tmp_path: Path
) -> None:
    class Names(Memory):
        log_result = TrialLogger.log_result

    names = Names()
    names.end(result)
    assert [trial.name for trial in names.trials] == [
        f"{result.path.name}/result/{result.best.trial_number}"
    ]


def test_a_tracker_that_fails_is_warned_of_once(search: Search) -> None:
    memory = Memory(ConnectionError("no server"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert search(callbacks=[memory]).run().complete
    messages = [str(warning.message) for warning in caught if "Memory" in str(warning.message)]
    assert messages == ["Memory cannot log (ConnectionError: no server); the search goes on."]


def test_an_unknown_tracker_is_one_sentence(search: Search) -> None:
    with pytest.raises(InputError, match=r"log 'mlfow' is unknown; allowed are mlflow"):
        search(log="mlfow")


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_a_tracker_that_is_not_installed_says_how_to_install_it(
    search: Search, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    message = rf"^log: {name!r} cannot be .*; run: pip install 'optuna-dnc\[{name}\]'$"
    with pytest.raises(InputError, match=message):
        search(log=[name])


def test_tensorboard_has_a_run_for_the_trial(trial: LoggedTrial, tmp_path: Path) -> None:
    reader: Any = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    TensorBoardLogger(tmp_path).log(trial)
    events = reader.EventAccumulator(str(tmp_path / "1-core-architecture-0"))
    events.Reload()
    curve = trial.curves["val_error"]
    assert [event.step for event in events.Scalars("curve/val_error")] == list(curve)
    assert events.Scalars("loss")[0].value == pytest.approx(trial.metrics["loss"])


def test_mlflow_has_a_run_for_the_trial(
    trial: LoggedTrial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow: Any = pytest.importorskip("mlflow")
    # A database, the default of newer versions, takes seconds to create.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = (tmp_path / "mlruns").as_uri()
    MLflowLogger("digits", uri).log(trial)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("digits").experiment_id
    (run,) = client.search_runs([experiment])
    assert run.info.status == "FINISHED"
    assert run.data.params["network"] == trial.params["network"]
    assert run.data.metrics["loss"] == trial.metrics["loss"]
    curve = client.get_metric_history(run.info.run_id, "curve/val_error")
    assert {point.step: point.value for point in curve} == trial.curves["val_error"]


def test_wandb_has_a_run_for_the_trial(
    trial: LoggedTrial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.chdir(tmp_path)
    WandbLogger("digits").log(trial)
    assert list((tmp_path / "wandb").glob("offline-run-*/*.wandb"))
