"""Stages 1 and 3 under Optuna's median pruner, and budgets without brackets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc.runs import search_status
from optuna_dnc.search import StagedSearch
from tests.interruption import Killed
from tests.sealing import forget_digests
from tests.searches import SMALL, Arrays, Whole, run_whole, trials_of

Search = Callable[..., StagedSearch]
MEDIAN: dict[str, Any] = {
    "pruner": "median",
    "epochs": 4,
    "n_startup_trials": 10,
    "n_steps": 2,
    "space": SMALL["space"] | {"n_layers": (1, 2)},
}


@pytest.fixture(scope="module")
def whole(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(arrays, tmp_path_factory.mktemp("whole") / "run", **MEDIAN)


def test_trials_below_the_median_are_stopped_before_the_last_epoch(whole: Whole) -> None:
    result, epochs_trained = whole.result, whole.epochs_trained
    core, remaining, training = trials_of(whole.path)
    assert len(core) == len(training) == 12
    assert {state for _, state, *_ in remaining} == {"COMPLETE"}
    stopped = [trial for trial in core + training if trial[1] == "PRUNED"]
    assert stopped
    assert all(1 <= max(reports) < 4 for *_, reports, _, _ in stopped)
    stages = result.summary["stages"]
    assert sum(stage["n_pruned"] for stage in stages) == len(stopped)
    assert sum(stage["epochs"] for stage in stages) == len(epochs_trained)
    assert max(Counter(epochs_trained).values()) == 1
    complete = [t[3] for t in core + remaining + training if t[1] == "COMPLETE"]
    assert result.best.loss == min(complete)
    assert sum(stage.n_pruned for stage in search_status(whole.path).stages) == len(stopped)


def test_a_stopped_trial_has_its_measurement(whole: Whole) -> None:
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{whole.path}/study.db"
    )
    stopped = [t for t in study.trials if t.state.name == "PRUNED"]
    assert {t.user_attrs["status"] for t in stopped} == {"pruned"}
    for trial in stopped:
        assert trial.user_attrs["epochs_run"] == max(trial.intermediate_values)
        assert trial.value == trial.intermediate_values[trial.user_attrs["epochs_run"]]


def test_a_search_killed_within_several_trainings_resumes_to_the_same_trials(
    search: Search, whole: Whole, tmp_path: Path, kill_at_report: Callable[[int], None]
) -> None:
    killed = tmp_path / "killed" / "run"
    for report in (1, 22, 10):
        kill_at_report(report)
        with pytest.raises(Killed):
            search(**MEDIAN, out=killed).run()
    kill_at_report(0)
    search(**MEDIAN, out=killed).run()
    assert trials_of(killed) == trials_of(whole.path)


def test_a_network_that_was_stopped_is_not_trained_again(
    search: Search, tmp_path: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    space = {"n_layers": (1, 1), "width": (4, 20), "refinements": ()}
    search(**(MEDIAN | {"n_startup_trials": 40, "n_steps": 0, "space": space}), lr=0.01).run()
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    again = [t for t in study.trials if "reused_from" in t.user_attrs]
    assert {"PRUNED", "COMPLETE"} == {t.state.name for t in again}
    for trial in again:
        source = study.trials[int(trial.user_attrs["reused_from"].rpartition("/")[2])]
        assert trial.state == source.state
        assert trial.intermediate_values == source.intermediate_values
    assert max(Counter(epochs_trained).values()) == 1


@pytest.mark.parametrize(("pruner", "budget"), [("none", 7), ("median", 20)])
def test_a_budget_ends_a_stage_before_it_could_be_exceeded(
    search: Search, tmp_path: Path, pruner: str, budget: int
) -> None:
    settings = MEDIAN | {"pruner": pruner, "epochs": 2 if pruner == "none" else 4}
    plan = search(**settings, budget=budget).plan()
    assert plan.stages[0].n_epochs <= budget
    result = search(**settings, budget=budget).run()
    for stage in result.summary["stages"][::2]:
        assert budget - settings["epochs"] < stage["epochs"] <= budget
    again = search(**settings, budget=budget).run()
    assert again.summary == result.summary
    assert len(trials_of(tmp_path / "run")[0]) == result.summary["stages"][0]["n_trials"]


def test_a_run_of_an_earlier_version_is_resumed(search: Search, tmp_path: Path) -> None:
    result = search().run()
    path = tmp_path / "run" / "settings.json"
    settings = json.loads(path.read_text())
    for name in ("strategy", "sampler", "pruner", "budget"):
        del settings[name]
    path.write_text(json.dumps(settings))
    forget_digests(path.parent)
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    study.set_user_attr("settings", settings)
    assert search_status(tmp_path / "run").state == "complete"
    assert search().run().best == result.best
