"""Ensembles of a search: what they are made of, and what a call leaves behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from optuna_dnc import InputError
from optuna_dnc.data import PreparedData, load_dataset
from optuna_dnc.ensemble import Ensemble, MemberProgress
from optuna_dnc.ensemble.training import cyclic_training
from optuna_dnc.results.run_data import prepared_data_of_run
from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.training import TrainingConfig, evaluate, new_network, trainer
from tests.interruption import Killed
from tests.searches import SMALL, Arrays

TINY = SMALL | {"n_startup_trials": 2, "n_steps": 0}
TINY["space"] = {"width": (4, 8), "refinements": ()}

Trained = list[tuple[int, int]]


@pytest.fixture
def make(result: SearchResult, classes: Arrays) -> Callable[..., Ensemble]:
    return lambda *top, **options: result.ensemble(
        *top, **{"data": classes, "device": "cpu"} | options
    )


Make = Callable[..., Ensemble]


def test_members_are_the_leaders_with_their_errors_on_the_validation_samples(
    make: Make, result: SearchResult, classes: Arrays
) -> None:
    run = open_run(result.path)
    ensemble = make(3)
    labels = [member.source for member in ensemble.members]
    assert labels == [record.label for record in run.ledger.leaders(3)]
    device = torch.device("cpu")
    data = prepared_data_of_run(run.settings, result.family, load_dataset(classes), device)
    for member in ensemble.members:
        network = new_network(result.family, member.config, data, seed=0)
        network.load_state_dict(load_file(ensemble.path / member.file))
        assert member.val_error == evaluate(network, data.val, data.task, device).error


def test_the_best_network_keeps_the_weights_of_the_search(
    make: Make, result: SearchResult
) -> None:
    ensemble = make(2)
    best = open_run(result.path).ledger.best
    assert best is not None
    kept = load_file(RunFolder(result.path).checkpoint(best.key))
    ours = load_file(ensemble.path / ensemble.members[0].file)
    assert all(torch.equal(kept[name], ours[name]) for name in kept)


@pytest.mark.parametrize("options", [{}, {"snapshots": 2}])
def test_no_member_is_trained_on_samples_that_choose_it(
    make: Make, result: SearchResult, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    assert result.summary["refit"]["n_samples"] == 150
    sizes = set()
    start = trainer.Trainer.__init__

    def noted(self: Any, model: Any, data: PreparedData, *rest: Any) -> None:
        sizes.add((len(data.train), len(data.val)))
        start(self, model, data, *rest)

    monkeypatch.setattr(trainer.Trainer, "__init__", noted)
    ensemble = make(**options) if options else make(3)
    assert sizes == {(120, 30)}
    last = load_file(result.path / "model.safetensors")
    for member in ensemble.members:
        ours = load_file(ensemble.path / member.file)
        assert not all(torch.equal(last[name], ours[name]) for name in last.keys() & ours.keys())


def test_it_answers_with_the_mean_of_the_probabilities(make: Make, classes: Arrays) -> None:
    ensemble = make(3)
    x = classes[2]
    predictor = ensemble.predictor()
    inputs = predictor.preprocessing.transform(x)
    with torch.inference_mode():
        alone = [model(inputs).double().softmax(1).numpy() for model in predictor.models]
    probabilities = ensemble.predict_proba(x)
    np.testing.assert_allclose(probabilities, np.mean(alone, axis=0), atol=1e-12)
    assert ensemble.predict(x).tolist() == np.array(list("abc"))[probabilities.argmax(1)].tolist()


def test_the_report_is_what_it_says(make: Make, result: SearchResult, classes: Arrays) -> None:
    ensemble = make(3)
    found = ensemble.performance
    right = ensemble.predict(classes[2]) == classes[3]
    assert found.test_accuracy == pytest.approx(right.mean())
    assert found.n_params == sum(member.n_params for member in ensemble.members)
    assert found.t_epoch == pytest.approx(sum(member.t_epoch for member in ensemble.members))
    assert found.seconds_per_sample > 0
    best = ensemble.best
    assert (best.val_error, best.test_error, best.n_params) == (
        result.best.val_error,
        pytest.approx(result.best.test_error),
        result.best.n_params,
    )


def test_no_network_is_trained_twice(make: Make, epochs_trained: Trained) -> None:
    make(2)
    assert len(epochs_trained) == 4  # the search has kept the best
    make(4)
    assert len(epochs_trained) == 3 * 4
    make(3, greedy=True)
    assert len(epochs_trained) == 3 * 4


def test_an_interrupted_call_goes_on(
    make: Make, result: SearchResult, epochs_trained: Trained
) -> None:
    def killed(progress: MemberProgress) -> None:
        if progress[:2] == (3, 4) and progress.epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        make(4, on_member=killed)
    assert not (result.path / "ensemble" / "ensemble.json").exists()
    epochs_trained.clear()
    assert len(make(4).members) == 4
    assert len(epochs_trained) == 2 * 4


def test_its_folder_needs_nothing_else(make: Make, classes: Arrays, tmp_path: Path) -> None:
    ensemble = make(2)
    shutil.move(ensemble.path, tmp_path / "moved")
    shutil.rmtree(tmp_path / "run")
    moved = Ensemble.load(tmp_path / "moved")
    assert moved.weights == (0.5, 0.5)
    assert moved.predict(classes[2]).shape == (60,)


def test_greedy_selection_errs_no_more_than_the_best_network(make: Make) -> None:
    ensemble = make(6, greedy=True)
    assert ensemble.n_candidates == 6
    assert sum(ensemble.weights) == pytest.approx(1)
    assert min(ensemble.weights) > 0
    assert ensemble.performance.val_error <= ensemble.best.val_error


def test_where_there_are_fewer_leaders_all_are_taken(make: Make, result: SearchResult) -> None:
    n_trained = len(open_run(result.path).ledger.leaders(1000))
    assert make(1000).n_candidates == n_trained < 1000


def test_snapshots_are_one_training_with_a_cyclic_learning_rate(
    make: Make, epochs_trained: Trained
) -> None:
    ensemble = make(snapshots=2)
    assert [member.source for member in ensemble.members] == ["epoch 2", "epoch 4"]
    assert len({member.key for member in ensemble.members}) == 1
    assert len(epochs_trained) == 4
    one, other = (load_file(ensemble.path / member.file) for member in ensemble.members)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    assert ensemble.performance.n_params == 2 * ensemble.best.n_params
    assert ensemble.performance.t_epoch == ensemble.best.t_epoch
    make(snapshots=2)
    assert len(epochs_trained) == 4


def test_the_learning_rate_comes_down_before_every_snapshot() -> None:
    training = cyclic_training(TrainingConfig(epochs=11, lr=0.1, patience=3), 5)
    assert (training.epochs, training.patience) == (10, None)
    assert [training.lr_after(epoch) for epoch in (0, 2, 8)] == pytest.approx([0.1] * 3)
    assert [training.lr_after(epoch - 1e-6) for epoch in (2, 8, 10)] == pytest.approx([0] * 3)
    with pytest.raises(InputError, match="at most 11"):
        cyclic_training(TrainingConfig(epochs=11), 12)


def test_values_of_a_regression_are_averaged_in_their_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = 1000 + 50 * x.sum(axis=1)
    data = (x[:80], y[:80], x[80:], y[80:])
    result = StagedSearch(data, **TINY, task="regression", out=tmp_path / "run").run()
    ensemble = result.ensemble(2, data=data, device="cpu")
    predictor = ensemble.predictor()
    alone: list[Any] = [
        predictor.preprocessing.decode(model(predictor.preprocessing.transform(x)))
        for model in predictor.models
    ]
    np.testing.assert_allclose(
        np.asarray(ensemble.predict(x), float), np.mean(alone, axis=0), rtol=1e-5
    )
    assert ensemble.performance.val_accuracy is None
    error = np.mean((ensemble.predict(x[80:]) - y[80:]) ** 2)
    variance = predictor.preprocessing.y_std[0] ** 2
    assert ensemble.performance.test_error == pytest.approx(error / variance, rel=1e-5)
    with pytest.raises(InputError, match="regression"):
        ensemble.predict_proba(x)


def test_without_a_test_set_the_report_has_no_figures_of_it(
    classes: Arrays, tmp_path: Path
) -> None:
    data = classes[:2]
    ensemble = StagedSearch(data, **TINY, out=tmp_path / "run").run().ensemble(2, data=data)
    assert ensemble.performance.test_error is None
    assert ensemble.performance.test_accuracy is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top": 0}, "top must be an int of at least 1"),
        ({"snapshots": 1}, "snapshots must be an int of at least 2"),
        ({"snapshots": 5}, "at most 4"),
        ({"data": None}, "not known by name; give the same data again"),
        ({"data": "digits"}, "holds other samples"),
        ({"device": "abacus"}, "abacus"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_nothing_is_written(
    make: Make, result: SearchResult, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        make(**options)
    assert not (result.path / "ensemble").exists()


def test_a_folder_of_something_else_is_left_alone(make: Make, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds no ensemble"):
        make(2, out=tmp_path / "mine")
    with pytest.raises(InputError, match="is a file"):
        make(2, out=tmp_path / "mine" / "thesis.txt")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_the_ensemble_of_another_search_is_not_replaced(
    make: Make, classes: Arrays, tmp_path: Path
) -> None:
    other = StagedSearch(classes, **TINY, seed=1, out=tmp_path / "other").run()
    there = other.ensemble(2, data=classes, device="cpu", out=tmp_path / "there")
    before = (there.path / "ensemble.json").read_text()
    with pytest.raises(InputError, match="seed was 1, now 0"):
        make(2, out=tmp_path / "there")
    (there.path / "ensemble.json").unlink()
    (there.path / there.members[0].file).rename(there.path / make(2).members[1].file)
    with pytest.raises(InputError, match="of another search"):
        make(2, out=tmp_path / "there")
    assert json.loads(before)["settings"]["seed"] == 1


def test_damage_is_told_in_one_line(make: Make, result: SearchResult) -> None:
    ensemble = make(2)
    member = ensemble.path / ensemble.members[1].file
    member.write_bytes(member.read_bytes()[:-10])
    with pytest.raises(InputError, match="cannot be read"):
        Ensemble.load(result.path).predict([[0.0] * 5])
    with pytest.warns(UserWarning, match="trained again"):
        make(2)
    shutil.rmtree(ensemble.path)
    (result.path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"model\.safetensors is damaged"):
        make(2)


def test_a_damaged_description_is_told_in_one_line(make: Make, result: SearchResult) -> None:
    about = make(2).path / "ensemble.json"
    about.write_text(json.dumps({"schema": 1}))
    with pytest.raises(InputError, match="damaged"):
        Ensemble.load(result.path)


def test_a_renamed_run_still_has_its_trials(result: SearchResult, classes: Arrays) -> None:
    renamed = result.path.rename(result.path.with_name("renamed"))
    assert len(SearchResult.load(renamed).ensemble(2, data=classes).members) == 2


def test_a_storage_without_the_trials_says_what_is_wrong(
    result: SearchResult, classes: Arrays, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"other\.db' cannot be reached \(No such file"):
        result.ensemble(2, data=classes, storage=f"sqlite:///{tmp_path}/other.db")
