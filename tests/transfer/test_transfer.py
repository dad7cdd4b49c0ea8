"""A network that was found on one data set, trained on another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc._files import sealed
from optuna_dnc.objectives import penalized_loss
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.training import TrainingConfig
from optuna_dnc.transfer import compare_with_native, transfer, transfer_search
from tests.interruption import Killed
from tests.searches import trials_of
from tests.tradeoff.tradeoffs import three_classes

STAGE = ("3-training",)


def _images(n_classes: int, side: int = 4) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    y = np.arange(120) % n_classes
    x = (rng.normal(size=(120, 1, side, side)) + y[:, None, None, None]).astype(np.float32)
    return x[:80], y[:80], x[80:], y[80:]


def _numbers() -> tuple[np.ndarray, ...]:
    x_train, _, x_test, _ = three_classes()
    return x_train, 0.5 + x_train[:, 0], x_test, 0.5 + x_test[:, 0]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return StagedSearch(
        three_classes(), network="mlp", wc=0.5, epochs=2, n_startup_trials=3, n_steps=1,
        space={"n_layers": (1, 2), "width": (4, 16), "activation": "tanh", "dropout": (0.0, 0.2)},
        out=tmp_path_factory.mktemp("source") / "run", device="cpu",
    ).run()  # fmt: skip


@pytest.fixture(scope="session")
def moved(source: SearchResult, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    out = tmp_path_factory.mktemp("moved") / "run"
    return transfer(source, _images(4), out=out, device="cpu")


def test_the_network_stays_and_its_input_and_output_follow_the_data(
    source: SearchResult, moved: SearchResult
) -> None:
    assert moved.best.config == source.best.config
    assert moved.model()(moved.preprocessing().transform(_images(4)[2])).shape == (40, 4)
    right = (moved.predict(_images(4)[2]) == _images(4)[3]).mean()
    assert right == pytest.approx(moved.best.test_accuracy)


def test_it_is_a_run_of_stage_three_alone(moved: SearchResult) -> None:
    status = search_status(moved.path)
    assert status.state == "complete"
    assert [(stage.name, stage.n_trials) for stage in status.stages] == [("training", 4)]
    assert all(state == "COMPLETE" for _, state, *_ in trials_of(moved.path, stages=STAGE)[0])


def test_the_training_of_the_source_is_tried_first(
    source: SearchResult, moved: SearchResult
) -> None:
    first = open_run(moved.path).ledger.records[0].training
    for name in ("lr", "weight_decay", "batch_size"):
        assert first[name] == getattr(source.best.training, name)


@pytest.fixture(scope="session")
def joint(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return StagedSearch(
        _images(3), network="mlp", strategy="joint", epochs=3, budget=9, n_startup_trials=2,
        space={"n_layers": 1, "width": (4, 16)}, out=tmp_path_factory.mktemp("joint") / "run",
        training_space={"lr": 0.5, "schedule": "cosine-restarts", "use_cutout": True},
        device="cpu",
    ).run()  # fmt: skip


@pytest.mark.parametrize("pruner", ["none", "hyperband"])
def test_the_training_of_a_joint_search_stays_what_it_is(
    joint: SearchResult, tmp_path: Path, pruner: Any
) -> None:
    result = transfer(
        joint, _images(4, side=8), out=tmp_path / "run", epochs=6, n_startup_trials=2, n_steps=1,
        pruner=pruner, device="cpu",
    )  # fmt: skip
    first = TrainingConfig(**open_run(result.path).ledger.records[0].training)
    was = joint.best.training
    for name in ("optimizer", "lr", "momentum", "schedule", "restart_factor", "batch_size"):
        assert getattr(first, name) == getattr(was, name)
    assert first.restart_period == 2 * was.restart_period
    assert first.cutout == 2 * was.cutout > 0  # of images twice as wide
    assert all(
        record.training["optimizer"] == "sgd" for record in open_run(result.path).ledger.records
    )


def test_what_other_data_have_no_use_for_is_dropped(joint: SearchResult, tmp_path: Path) -> None:
    result = transfer(joint, _numbers(), out=tmp_path / "run", n_steps=0, device="cpu")
    assert (result.best.training.cutout, result.best.training.label_smoothing) == (0, 0)


def test_images_are_changed_no_more_where_there_are_none(tmp_path: Path) -> None:
    options: dict[str, Any] = {"epochs": 1, "n_startup_trials": 1, "n_steps": 0, "device": "cpu"}
    images = StagedSearch(
        _images(3), network="mlp", augment=True, out=tmp_path / "images", **options,
        space={"n_layers": 1, "width": (4, 16)},
    ).run()  # fmt: skip
    numbers = transfer(images, _numbers(), out=tmp_path / "numbers", device="cpu")
    assert (images.best.training.augment, numbers.best.training.augment) == (True, False)
    with pytest.raises(InputError, match=r"augment: True was given, but .* has no images"):
        transfer(images, _numbers(), out=tmp_path / "asked", device="cpu", augment=True)
    assert not (tmp_path / "asked").exists()


def test_settings_are_those_of_the_source_unless_others_are_given(
    source: SearchResult, moved: SearchResult, tmp_path: Path
) -> None:
    assert moved.summary["wc"] == source.summary["wc"] == 0.5
    other = transfer(
        source.path, _images(3), out=tmp_path / "run", device="cpu", wc=0.0, epochs=1, n_steps=0,
        n_startup_trials=1, training_space={"lr": (5e-2, 1e-1)},
    )  # fmt: skip
    assert (other.summary["wc"], other.best.training.epochs) == (0.0, 1)
    # The learning rate of the source is below the range, whose end is tried instead.
    assert other.best.training.lr == 0.05


@pytest.mark.parametrize("name", ["lr", "batch_size"])
def test_what_it_searches_cannot_be_set(source: SearchResult, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be the default in a transfer search"):
        transfer(source, _images(3), **{name: 17})  # type: ignore[arg-type]


def test_the_result_says_where_the_network_is_from(
    source: SearchResult, moved: SearchResult
) -> None:
    origin = json.loads((moved.path / "result.json").read_text())["transferred_from"]
    assert (origin["path"], origin["dataset"]) == (str(source.path), "arrays")
    for name in ("loss", "test_accuracy", "n_params"):
        assert origin[name] == getattr(source.best, name)


def test_classes_can_become_numbers(source: SearchResult, tmp_path: Path) -> None:
    result = transfer(source, _numbers(), out=tmp_path / "run", device="cpu", n_steps=0)
    assert result.best.val_accuracy is None
    assert result.predict(_numbers()[2]).shape == (60,)


def test_a_killed_transfer_resumes_to_the_same_trials(
    source: SearchResult, moved: SearchResult, tmp_path: Path,
    kill_at_report: Callable[[int], None],
) -> None:  # fmt: skip
    for report in (1, 4):  # the second trial proposes the first again, and reports nothing
        kill_at_report(report)
        with pytest.raises(Killed):
            transfer(source, _images(4), out=tmp_path / "run", device="cpu")
    kill_at_report(0)
    transfer(source, _images(4), out=tmp_path / "run", device="cpu")
    assert trials_of(tmp_path / "run", stages=STAGE) == trials_of(moved.path, stages=STAGE)


def test_another_network_for_the_folder_is_refused(
    source: SearchResult, moved: SearchResult
) -> None:
    other = replace(source, summary=json.loads(json.dumps(source.summary)))
    other.summary["best"]["config"]["activation"] = "relu"
    other = replace(other, summary=sealed(other.summary))
    with pytest.raises(InputError, match=r'given\.config\.activation was "tanh", now "relu"'):
        transfer(other, _images(4), out=moved.path, device="cpu")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (three_classes(), r"cannot be used on arrays: network 'cnn' needs images"),
        (_images(2, side=1), r"cannot be used on arrays: .* too deep for images of 1 x 1"),
    ],
)
def test_samples_that_the_network_cannot_take_are_refused(
    tmp_path: Path, data: tuple[np.ndarray, ...], message: str
) -> None:
    cnn = StagedSearch(
        _images(2, side=8), network="cnn", epochs=1, n_startup_trials=1, n_steps=0,
        space={"n_layers": 2, "channels": 8, "max_channels": 8, "refinements": ()},
        out=tmp_path / "cnn", device="cpu",
    ).run()  # fmt: skip
    with pytest.raises(InputError, match=message):
        transfer(cnn, data, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "cnn"}, "network: a transfer takes its network from the run"),
        ({"space": {"width": 4}}, "space: a transfer takes"),
        ({"epochs": 0}, "epochs"),
    ],
)
def test_wrong_options_are_refused(
    source: SearchResult, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        transfer(source, _images(3), out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_source_without_a_finished_search_is_refused(
    source: SearchResult, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="nothing does not exist; give the folder of a search"):
        transfer(tmp_path / "nothing", _images(3))
    broken = Path(shutil.copytree(source.path, tmp_path / "broken"))
    (broken / "result.json").write_text('{"schema": 1}')
    with pytest.raises(InputError, match=r"result\.json is damaged"):
        transfer(broken, _images(3))


def test_it_is_compared_with_a_native_search_by_the_objective_of_that(
    source: SearchResult, tmp_path: Path
) -> None:
    small: dict[str, Any] = {"epochs": 2, "n_startup_trials": 2, "n_steps": 0, "device": "cpu"}
    native = StagedSearch(
        _images(4), network="mlp", wc=2.0, baseline=500.0, space={"n_layers": 1, "width": 8},
        out=tmp_path / "native", **small,
    ).run()  # fmt: skip
    ours = transfer(source, _images(4), out=tmp_path / "run", seed=0, **small)
    found = compare_with_native(ours, native.path)
    assert (found.wc, found.penalize, found.differences) == (2.0, "n_params", ())
    assert found.native.loss == native.best.loss
    best = ours.best
    expected = penalized_loss(best.val_error, best.n_params / 500, 2.0, n_val=16)
    assert found.transferred.loss == pytest.approx(expected)
    assert found.transferred.test_accuracy == best.test_accuracy
    assert found.transferred.search_seconds == ours.summary["search_seconds"]
    with pytest.raises(InputError, match="is a search on other data"):
        compare_with_native(ours, source)
    numbers = transfer(source, _images(4), out=tmp_path / "r", task="regression", **small)
    with pytest.raises(InputError, match="is a classification, the transfer a regression"):
        compare_with_native(numbers, native)


def test_a_comparison_names_settings_that_differ(source: SearchResult, tmp_path: Path) -> None:
    small: dict[str, Any] = {"n_startup_trials": 1, "n_steps": 0, "device": "cpu"}
    longer = transfer(source, _images(4), out=tmp_path / "a", epochs=3, **small)
    shorter = transfer(source, _images(4), out=tmp_path / "b", epochs=1, seed=5, **small)
    assert compare_with_native(longer, shorter).differences == (
        "epochs 1 there, 3 here",
        "seed 5 there, 0 here",
    )


def test_two_workers_have_the_trials_of_one(
    source: SearchResult, moved: SearchResult, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as executor:
        result = transfer(
            source, _images(4), out=tmp_path / "run", device="cpu", executor=executor, workers=2
        )
    # One thread after another trains: they belong to one process.
    assert trials_of(result.path, stages=STAGE) == trials_of(moved.path, stages=STAGE)
    assert result.summary["transferred_from"] == moved.summary["transferred_from"]
    assert result.best.loss == moved.best.loss


def test_without_a_folder_another_transfer_gets_one_with_a_number(
    source: SearchResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    usual = Path("runs/arrays-from-arrays")
    first = transfer_search(source, _images(4), device="cpu")
    assert first.folder.path == usual
    first.prepare()
    assert transfer_search(source, _images(4), device="cpu").folder.path == usual  # resumes
    other = transfer_search(source, _images(3), device="cpu")
    assert other.folder.path == Path("runs/arrays-from-arrays-2")


def test_trials_of_a_transfer_are_logged(
    source: SearchResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = []
    monkeypatch.setattr(
        "optuna_dnc.search.staged_search.create_loggers",
        lambda names, folder, dataset: wanted.append(names) or (),
    )
    transfer_search(source, _images(4), out=tmp_path / "run", device="cpu", log="mlflow")
    assert wanted == ["mlflow"]
