"""The same seed gives the same proposals: again, in another process, after an interruption."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import optuna
import pytest

from optuna_dnc.samplers import DNCSampler
from tests.samplers import test_bohb


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    y = trial.suggest_int("y", 1, 9) if kind == "b" else 0
    return x * x + y + trial.suggest_float("z", 1e-3, 1, log=True)


def study_on(storage=None, seed=7):
    return optuna.create_study(
        storage=storage,
        study_name="s",
        load_if_exists=True,
        sampler=DNCSampler(seed=seed, n_startup_trials=6),
    )


def finish(study: optuna.Study, n: int) -> None:
    while len(study.trials) < n:
        study.optimize(objective, n_trials=1)


def run_anew(seed=7):
    study = study_on(seed=seed)
    finish(study, 12)
    return [trial.params for trial in study.trials]


whole_run = cache(run_anew)


def test_same_seed_same_proposals_and_another_seed_others() -> None:
    assert run_anew() == whole_run()
    pairs = list(zip(whole_run(), whole_run(seed=8), strict=True))
    assert [same for same, (one, other) in enumerate(pairs) if one == other] == [0]


def test_parameters_the_model_does_not_know_are_drawn_from_the_seed_too() -> None:
    def draw(seed):
        study = study_on(seed=seed)
        finish(study, 7)
        trial = study.ask()
        return [trial.suggest_float(name, 0, 1) for name in ("new", "other")]

    first, again, other = draw(7), draw(7), draw(8)
    assert first == again
    assert first != other
    assert first[0] != first[1]


def test_in_another_process() -> None:
    code = (
        "import optuna; optuna.logging.disable_default_handler();"
        "from tests.samplers import test_bohb, test_dnc_same_seed;"
        "print([test_dnc_same_seed.whole_run(), test_bohb.whole_run()])"
    )
    path = os.pathsep.join(filter(None, sys.path))
    hash_seed = "0" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # not that of this one
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str([whole_run(), test_bohb.whole_run()])


@pytest.fixture(scope="module", params=[3, 9])
def begun(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a study with so many trials, in start-up or after it; to be copied."""
    path = tmp_path_factory.mktemp("begun") / "study.db"
    finish(study_on(f"sqlite:///{path}"), request.param)
    return path


@pytest.mark.parametrize("n_asked", [0, 1, 2])
def test_a_trial_that_is_taken_up_again_gets_the_same_answers(
    begun: Path, tmp_path: Path, n_asked: int
) -> None:
    """Killed in the middle of a trial; another process goes on."""
    storage = f"sqlite:///{shutil.copy(begun, tmp_path)}"
    killed = study_on(storage).ask()
    if n_asked > 0:
        killed.suggest_float("x", -1, 1)
    if n_asked > 1:
        killed.suggest_categorical("kind", ["a", "b", "c"])
    resumed = study_on(storage)
    trial = optuna.trial.Trial(resumed, killed._trial_id)
    resumed.tell(trial, objective(trial))
    finish(resumed, 12)
    assert [trial.params for trial in resumed.trials] == whole_run()


def test_a_trial_taken_up_in_the_same_study_object_sees_the_latest_trials() -> None:
    """Optuna's cache of trials is from the last ask; the proposal must not be."""
    study = study_on()
    finish(study, 8)
    first, second = study.ask(), study.ask()
    study.tell(first, objective(first))
    again = optuna.trial.Trial(study, second._trial_id)
    fresh = study_on()
    fresh.add_trials(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    assert again.relative_params == fresh.ask().relative_params
