"""Network and training in one search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.runs import search_status
from optuna_dnc.search import SearchResult, StagedSearch
from tests.interruption import Killed
from tests.searches import trials_of

Search = Callable[..., StagedSearch]
JOINT: dict[str, Any] = {"strategy": "joint", "epochs": 9, "budget": 36, "n_startup_trials": 6}
STAGES = ("1-joint",)


@pytest.fixture
def resnets(tmp_path: Path) -> Callable[..., StagedSearch]:
    """A joint search of the smallest residual networks."""

    def make(**changes: Any) -> StagedSearch:
        settings = {
            "network": "resnet",
            "space": {"n_stages": 2, "channels": 2, "blocks": (1, 2), "widening": (1, 2)},
            "out": tmp_path / "run",
            "device": "cpu",
            "epochs": 3,
            "budget": 11,
        }
        digits = load_dataset("digits", max_train=100)
        return StagedSearch(digits, **JOINT | settings | changes)

    return make


def test_residual_networks_are_searched_with_their_training(
    resnets: Search, tmp_path: Path
) -> None:
    result = resnets().run()
    (trials,) = trials_of(tmp_path / "run", stages=STAGES)
    assert Counter(max(reports) for *_, reports, _, _ in trials) == {1: 2, 3: 3}
    assert all({"blocks_0", "widening", "lr", "momentum"} <= set(t[2]) for t in trials)
    assert (result.best.stage, result.best.training.optimizer) == ("joint", "sgd")
    assert [stage["name"] for stage in result.summary["stages"]] == ["pilot", "joint"]
    assert result.summary["stages"][1]["epochs"] == 11 - max(trials[0][4])
    loaded = SearchResult.load(tmp_path / "run")
    assert loaded.best == result.best
    assert loaded.predict(load_dataset("digits").x_test[:5]).shape == (5,)
    stages = search_status(tmp_path / "run").stages
    assert [stage.name for stage in stages] == ["pilot", "joint"]


def test_a_joint_search_that_is_killed_twice_resumes_to_the_same_trials(
    resnets: Search, tmp_path: Path, kill_at_report: Callable[[int], None]
) -> None:
    resnets(out=tmp_path / "whole" / "run").run()
    killed = tmp_path / "killed" / "run"
    for report in (2, 6):
        kill_at_report(report)
        with pytest.raises(Killed):
            resnets(out=killed).run()
    kill_at_report(0)
    resnets(out=killed).run()
    expected = trials_of(tmp_path / "whole" / "run", stages=STAGES)
    assert trials_of(killed, stages=STAGES) == expected


@pytest.mark.parametrize("sampler", ["dnc", "bohb"])
def test_perceptrons_have_their_refinements_in_the_same_trials(
    search: Search, tmp_path: Path, sampler: str
) -> None:
    search(**JOINT, sampler=sampler, space={"n_layers": (1, 2), "width": (4, 40)}).run()
    (trials,) = trials_of(tmp_path / "run", stages=STAGES)
    assert Counter(state for _, state, *_ in trials) == {"COMPLETE": 2, "PRUNED": 10}
    assert all({"width_0", "activation", "dropout", "lr"} <= set(t[2]) for t in trials)
    assert all("use_cutout" not in t[2] for t in trials)


def test_the_same_seed_gives_the_same_joint_search_by_bohb(search: Search, tmp_path: Path) -> None:
    for name in ("a", "b"):
        search(**JOINT, sampler="bohb", out=tmp_path / name / "run").run()
    runs = [trials_of(tmp_path / name / "run", stages=STAGES) for name in ("a", "b")]
    assert runs[0] == runs[1]


def test_a_joint_regression_without_a_pruner(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4)).astype(np.float32)
    y = x @ np.array([1.0, -2.0, 0.5, 0.0])
    result = StagedSearch(
        (x[:90], y[:90], x[90:], y[90:]), network="mlp", strategy="joint", pruner="none",
        epochs=2, n_startup_trials=3, n_steps=1, space={"width": (4, 8)}, out=tmp_path / "run",
        floors=False,
    ).run()  # fmt: skip
    (trials,) = trials_of(tmp_path / "run", stages=STAGES)
    assert [state for _, state, *_ in trials] == ["COMPLETE"] * 4
    assert all("label_smoothing" not in t[2] for t in trials)
    assert result.best.val_accuracy is None


def test_a_cnn_is_searched_with_its_refinements(tmp_path: Path) -> None:
    StagedSearch(
        load_dataset("digits", max_train=80), network="cnn", strategy="joint", epochs=3, budget=11,
        space={"n_layers": (1, 2), "channels": (2, 4)}, out=tmp_path / "run", device="cpu",
        floors=False,
    ).run()  # fmt: skip
    study = optuna.load_study(
        study_name="run/1-joint", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    assert all({"channels", "shortcuts", "lr"} <= set(t.params) for t in study.trials)


def test_the_ranges_of_the_training_are_those_of_the_joint_space(search: Search) -> None:
    joint = search(**JOINT, training_space={"momentum": (0.5, 0.9)})
    assert joint.plan().training_space["momentum"] == (0.5, 0.9)
    with pytest.raises(InputError, match="momentum"):
        search(training_space={"momentum": (0.5, 0.9)})


def test_a_folder_of_a_staged_search_is_refused(search: Search, ended: Path) -> None:
    with pytest.raises(InputError, match='strategy was "staged", now "joint"'):
        search(**JOINT).run()


def test_hyperband_draws_at_most_half_of_its_networks_at_random(search: Search) -> None:
    assert search(**JOINT | {"n_startup_trials": 15}).settings.n_random_trials == 6
    assert search(**JOINT | {"n_startup_trials": 2}).settings.n_random_trials == 2
    assert search(n_startup_trials=15).settings.n_random_trials == 15
