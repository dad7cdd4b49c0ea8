"""The final training of a search: its best network on all samples."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from optuna_dnc.cli import main
from optuna_dnc.data import PreparedData, Samples, load_dataset
from optuna_dnc.report.formats import final_training
from optuna_dnc.results.run_data import prepared_data_of_run
from optuna_dnc.runs import Record, open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.records import training_seed
from optuna_dnc.search import (
    SearchResult,
    StagedSearch,
    at_the_end,
)
from optuna_dnc.search.ending import answering
from optuna_dnc.training import TrainingConfig, evaluate, train_network, trainer
from tests.interruption import Killed
from tests.search.ending.retrained import N_TRAIN, QUICK
from tests.searches import SMALL, Arrays, Whole, is_calibrated, run_whole, trials_of

Search = Callable[..., StagedSearch]
Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def whole(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(arrays, tmp_path_factory.mktemp("whole") / "run", **QUICK)


@pytest.fixture(scope="module")
def data(arrays: Arrays, whole: Whole) -> PreparedData:
    settings = open_run(whole.path).settings
    dataset = load_dataset(arrays)
    return prepared_data_of_run(settings, whole.result.family, dataset, torch.device("cpu"))


def best_of(path: Path) -> Record:
    best = open_run(path).ledger.best
    assert best is not None
    return best


def of_search(path: Path) -> Weights:
    """The weights without the final training."""
    return load_file(RunFolder(path).checkpoint(best_of(path).key))


def of_result(path: Path) -> Weights:
    return load_file(path / "model.safetensors")


def are_equal(one: Weights, other: Weights) -> bool:
    assert one.keys() == other.keys()
    return all(torch.equal(weight, other[name]) for name, weight in one.items())


def test_the_network_is_trained_anew_on_all_samples(whole: Whole, data: PreparedData) -> None:
    train, val = data.train, data.val
    together = Samples(torch.cat([train.x, val.x]), torch.cat([train.y, val.y]))
    best, family = best_of(whole.path), whole.result.family
    expected = train_network(
        family,
        family.config_from_dict(best.config),
        replace(data, train=together),
        TrainingConfig(**best.training | {"patience": None, "keep": "last"}),
        seed=training_seed(0, best.key),
        stop_at=best.measured.best_epoch,
    )
    assert len(together) == N_TRAIN
    assert is_calibrated(whole.path, of_result(whole.path), expected.weights)
    assert not are_equal(of_result(whole.path), of_search(whole.path))


def test_the_result_says_what_it_has_been_trained_on(whole: Whole) -> None:
    refit = whole.result.summary["refit"]
    assert refit["is_kept"] is True
    assert refit["n_samples"] == N_TRAIN
    assert refit["epochs"] == best_of(whole.path).measured.best_epoch
    assert refit["seconds"] > 0


def test_the_test_error_is_that_of_the_weights_that_are_saved(
    whole: Whole, data: PreparedData
) -> None:
    assert data.test is not None
    network = whole.result.model()
    assert evaluate(network, data.test, data.task, data.device).error == pytest.approx(
        whole.result.best.test_error
    )
    network.load_state_dict(of_search(whole.path))
    before = whole.result.summary["refit"]["before"]
    assert evaluate(network, data.test, data.task, data.device).error == pytest.approx(
        before["test_error"]
    )
    assert evaluate(network, data.val, data.task, data.device).error == pytest.approx(
        before["val_error"]
    )


def test_its_samples_are_used_by_no_training_of_the_search(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    start = trainer.Trainer.__init__

    def noted(self: Any, model: Any, data: PreparedData, *rest: Any) -> None:
        sizes.append(len(data.train))
        start(self, model, data, *rest)

    monkeypatch.setattr(trainer.Trainer, "__init__", noted)
    search(**QUICK).run()
    assert set(sizes[:-1]) == {120}
    assert sizes[-1] == N_TRAIN


def failing(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any, Any], None]) -> None:
    """Spoil the network of each final training, and its result."""
    train = answering.train_on_all

    def spoiled(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        network, result = train(*args, **kwargs)
        spoil(network, result)
        return network, result

    monkeypatch.setattr(answering, "train_on_all", spoiled)


def diverge(network: Any, result: Any) -> None:
    result.epochs[-1] = result.epochs[-1]._replace(train_loss=math.nan)


def forget(network: Any, result: Any) -> None:
    for weight in network.parameters():
        torch.nn.init.zeros_(weight)


@pytest.mark.parametrize("spoil", [diverge, forget])
def test_a_training_that_fails_is_told_and_not_kept(
    at_its_end: Search, whole: Whole, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    failing(monkeypatch, spoil)
    result = at_its_end(**QUICK).run()
    refit = result.summary["refit"]
    assert refit["is_kept"] is False
    assert final_training(result.summary)[0].endswith("so the weights of the search were kept.")
    assert is_calibrated(result.path, of_result(result.path), of_search(result.path))
    assert result.best.test_error == refit["before"]["test_error"]
    assert refit["before"] == whole.result.summary["refit"]["before"]


def test_it_can_be_left_out_and_made_up_for(
    search: Search, at_its_end: Search, whole: Whole, epochs_trained: list[tuple[int, int]]
) -> None:
    result = at_its_end(**QUICK | {"refit": False}).run()
    assert result.summary["refit"] is None
    assert is_calibrated(result.path, of_result(result.path), of_search(whole.path))
    assert trials_of(result.path) == trials_of(whole.path)
    assert result.best.test_error == whole.result.summary["refit"]["before"]["test_error"]
    del epochs_trained[:]
    again = search(**QUICK).run()
    assert len(epochs_trained) == best_of(result.path).measured.best_epoch
    assert are_equal(of_result(again.path), of_result(whole.path))
    assert again.best.quality == whole.result.best.quality


def test_it_is_left_out_where_there_is_no_time(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_the_end, "refit_seconds", lambda record, data, folds=(): 1e9)
    result = search(**QUICK, timeout=60).run()
    assert result.summary["refit"] is None
    assert is_calibrated(result.path, of_result(result.path), of_search(result.path))


def test_several_networks_at_once_take_at_least_the_time_of_the_final_training(
    whole: Whole, data: PreparedData
) -> None:
    best = best_of(whole.path)
    folds = replace(data, folds=(torch.arange(120, 150),) * 5)
    seconds = at_the_end.refit_seconds(best, data)
    assert at_the_end.least_refit_seconds(best, data) == seconds
    assert seconds / 5 < at_the_end.least_refit_seconds(best, folds) < seconds


def test_a_search_killed_within_it_goes_on_from_its_checkpoint(
    search: Search,
    at_its_end: Search,
    whole: Whole,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(answering, "CHECKPOINT_EVERY", 1)
    epoch = trainer.Trainer.epoch
    lasts: list[int] = []

    def dying(self: trainer.Trainer, done: int) -> Any:
        if len(self.data.train) == N_TRAIN:
            lasts.append(done + 1)
            if lasts == [1, 2]:
                raise Killed
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", dying)
    with pytest.raises(Killed):
        at_its_end(**QUICK).run()
    assert not (tmp_path / "run" / "result.json").exists()
    search(**QUICK).run()
    n_epochs = best_of(whole.path).measured.best_epoch
    assert n_epochs > 1
    assert lasts == [1, 2, *range(2, n_epochs + 1)]
    assert are_equal(of_result(tmp_path / "run"), of_result(whole.path))
    assert trials_of(tmp_path / "run") == trials_of(whole.path)
    assert not (RunFolder(tmp_path / "run").trainings / answering.FOLDER).exists()


def test_a_damaged_checkpoint_of_it_starts_it_again(
    search: Search, at_its_end: Search, whole: Whole, tmp_path: Path
) -> None:
    at_its_end(**QUICK | {"refit": False}).run()
    folder = RunFolder(tmp_path / "run").trainings / answering.FOLDER
    folder.mkdir(parents=True)
    (folder / "training.safetensors").write_bytes(b"torn")
    search(**QUICK).run()
    assert are_equal(of_result(tmp_path / "run"), of_result(whole.path))


def test_the_command_line_leaves_it_out(npz: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ["search", str(npz), "--network", "mlp", "--epochs", "2", "--startup", "1"]
    with pytest.raises(SystemExit) as stop:
        main([*command, "--steps", "0", "--no-refit", "--quiet", "--out", str(out)])
    assert not stop.value.code
    assert json.loads((out / "result.json").read_text())["refit"] is None
    assert SearchResult.load(out).summary["refit"] is None


def test_a_regression_is_trained_on_all_samples_too(tmp_path: Path) -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(200, 3, generator=rng).numpy()
    y = x @ [1.0, -2.0, 0.5]
    result = StagedSearch(
        (x[:150], y[:150], x[150:], y[150:]),
        **SMALL | QUICK | {"out": tmp_path / "run", "epochs": 6},
    ).run()
    assert result.summary["refit"]["is_kept"]
    assert result.summary["refit"]["n_samples"] == N_TRAIN
