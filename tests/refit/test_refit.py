"""The network of a search, trained once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from optuna_dnc import InputError
from optuna_dnc.refit import Refit, train
from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult
from tests.interruption import Killed
from tests.sealing import rewrite
from tests.searches import Arrays, is_calibrated

Trained = list[tuple[int, int]]


@pytest.fixture
def refit(result: SearchResult, classes: Arrays) -> Callable[..., Refit]:
    return lambda *epochs, **options: result.refit(
        *epochs, **{"data": classes, "device": "cpu"} | options
    )


Train = Callable[..., Refit]


def weights_in(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_training_of_the_search_gives_its_weights(refit: Train, result: SearchResult) -> None:
    found = refit(all_samples=False)
    best = open_run(result.path).ledger.best
    assert best is not None
    kept = load_file(RunFolder(result.path).checkpoint(best.key))
    assert is_calibrated(result.path, weights_in(found.path), kept)
    before = result.summary["refit"]["before"]
    assert (found.val_error, found.test_error) == (before["val_error"], before["test_error"])
    assert found.n_samples == 120


def test_all_samples_are_trained_on_for_as_long_as_asked(
    refit: Train, result: SearchResult, epochs_trained: Trained
) -> None:
    found = refit(7, training={"lr": 0.01, "schedule": "cosine"})
    assert [epoch for _, epoch in epochs_trained] == [1, 2, 3, 4, 5, 6, 7]
    assert (found.n_samples, found.epochs_run, found.val_error) == (150, 7, None)
    assert (found.training.lr, found.training.schedule) == (0.01, "cosine")
    assert found.training.batch_size == result.best.training.batch_size
    assert found.config == result.best.config


@pytest.mark.parametrize(
    ("training", "period"), [({}, 4.0), ({"restart_period": 2.5}, 2.5)], ids=["as found", "given"]
)
def test_restarts_come_at_the_same_shares_of_more_epochs(
    result: SearchResult, classes: Arrays, training: dict[str, float], period: float
) -> None:
    restarts = {"schedule": "cosine-restarts", "restart_period": 2.0}
    rewrite(
        result.path / "result.json",
        lambda summary: summary["best"]["training"].update(restarts),
    )
    longer = SearchResult.load(result.path).refit(8, training=training, data=classes)
    assert (result.best.training.epochs, longer.training.restart_period) == (4, period)


def test_it_is_compared_with_the_final_training_of_the_search(
    result: SearchResult, classes: Arrays
) -> None:
    last = {"is_kept": True, "n_samples": 150, "epochs": 3}
    rewrite(result.path / "result.json", lambda summary: summary["refit"].update(last))
    search = SearchResult.load(result.path).refit(5, data=classes).summary["search"]
    assert (search["n_samples"], search["epochs"]) == (150, 3)


def test_the_accuracy_is_that_of_what_it_predicts(refit: Train, classes: Arrays) -> None:
    found = Refit.load(refit(5).path.parent)
    right = found.predict(classes[2]) == classes[3]
    assert found.test_accuracy == pytest.approx(right.mean())
    assert found.predict_proba(classes[2]).shape == (60, 3)


def test_the_same_call_trains_nothing_and_another_loses_nothing(
    refit: Train, epochs_trained: Trained, tmp_path: Path
) -> None:
    before = weights_in(refit(5).path)
    epochs_trained.clear()
    assert same(weights_in(refit(5).path), before)
    assert epochs_trained == []
    with pytest.raises(InputError, match=r"training\.epochs was 5, now 6\. Choose another folder"):
        refit(6)
    assert same(weights_in(tmp_path / "run" / "refit"), before)
    assert refit(6, out=tmp_path / "longer").epochs_run == 6


def test_deleted_weights_are_trained_again(refit: Train) -> None:
    found = refit(3)
    before = weights_in(found.path)
    (found.path / "model.safetensors").unlink()
    assert same(weights_in(refit(3).path), before)


@pytest.mark.parametrize("all_samples", [True, False])
def test_a_killed_training_goes_on_to_the_same_weights(
    refit: Train, epochs_trained: Trained, tmp_path: Path, all_samples: bool
) -> None:
    options: dict[str, Any] = {"all_samples": all_samples}
    if not all_samples:  # otherwise it has no patience anyway
        options["training"] = {"patience": 20}

    def die(training: object) -> None:
        if len(epochs_trained) == 14:
            raise Killed

    whole = refit(16, out=tmp_path / "whole", **options)
    epochs_trained.clear()
    with pytest.raises(Killed):
        refit(16, **options, on_epoch=die)
    epochs_trained.clear()
    with pytest.raises(Killed):
        refit(15, **options, on_epoch=die)  # leaves a checkpoint of its own
    epochs_trained.clear()
    found = refit(16, **options)
    assert [epoch for _, epoch in epochs_trained] == [11, 12, 13, 14, 15, 16]
    assert same(weights_in(found.path), weights_in(whole.path))
    assert sorted(p.name for p in found.path.iterdir() if p.name != ".lock") == [
        "card.md",
        "config.json",
        "model.safetensors",
        "refit.json",
    ]


def test_a_damaged_checkpoint_is_told_and_trained_again(
    refit: Train, epochs_trained: Trained, tmp_path: Path
) -> None:
    def die(training: object) -> None:
        if len(epochs_trained) == 11:
            raise Killed

    with pytest.raises(Killed):
        refit(12, on_epoch=die)
    [file] = (tmp_path / "run" / "refit").glob(".unfinished/all-*/*")
    file.write_bytes(b"nothing")
    epochs_trained.clear()
    with pytest.warns(UserWarning, match="starts again"):
        found = refit(12)
    assert len(epochs_trained) == 12
    assert found.epochs_run == 12


def test_a_training_that_diverges_says_so_and_writes_no_network(
    refit: Train, result: SearchResult
) -> None:
    with pytest.raises(InputError, match=r"NaN or infinite in epoch \d+ with lr 1e\+38; lower"):
        refit(training={"lr": 1e38, "optimizer": "sgd"})
    assert not (result.path / "refit" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"training": {"patience": 3}}, "patience must be None without validation samples, got 3"),
        ({"training": {"lr": -1}}, "lr must be above 0, got -1"),
        ({"training": {"epoch": 3}}, "setting 'epoch' is unknown; .* Did you mean 'epochs'"),
        ({"training": {"augment": "true"}}, "augment: True was given, but .* has no images"),
        ({"training": {"cutout": 2}}, "cutout: 2 was given, but .* has no images"),
        ({"data": "digits"}, "digits holds other samples"),
    ],
)
def test_bad_input(
    refit: Train, result: SearchResult, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        refit(**options)
    assert not (result.path / "refit").exists()


def test_another_network_that_the_search_has_found_since_is_told(
    refit: Train, result: SearchResult
) -> None:
    older = refit(1)
    rewrite(
        result.path / "result.json",
        lambda summary: summary["best"]["config"].update(widths=[3]),
    )
    with pytest.warns(UserWarning, match="holds an earlier best network than"):
        assert Refit.load(result.path).config == older.config


def test_an_option_for_images_can_be_off_without_any(refit: Train) -> None:
    assert not refit(1, training={"augment": "false"}).training.augment


@pytest.mark.parametrize("name", ["thesis.txt", "model.safetensors", "config.json"])
def test_a_folder_with_something_else_is_left_alone(
    refit: Train, tmp_path: Path, name: str
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("text")
    with pytest.raises(InputError, match="is not empty and holds no refitted network"):
        refit(out=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]
    assert (tmp_path / "mine" / name).read_text() == "text"


def test_what_was_written_before_a_kill_is_written_again(
    refit: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(train, "write_json", die)
        with pytest.raises(Killed):
            refit(3)
    assert refit(3).epochs_run == 3


def test_a_run_without_one_says_how_to_train_it(result: SearchResult) -> None:
    with pytest.raises(InputError, match=f"train one with: optuna-dnc refit {result.path}"):
        Refit.load(result.path)
