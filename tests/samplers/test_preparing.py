"""Plans that are made before their trial begins."""

from __future__ import annotations

import optuna
import pytest

from optuna_dnc.samplers import DNCSampler
from optuna_dnc.samplers.dnc import planner
from optuna_dnc.samplers.preparing import prepare


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -1, 1)
    layers = trial.suggest_int("layers", 0, 1)
    return x * x + (trial.suggest_float("width", 0, 1) if layers else 0.5)


def study_of(n_trials: int = 8) -> optuna.Study:
    study = optuna.create_study(sampler=DNCSampler(seed=3, n_startup_trials=6))
    study.optimize(objective, n_trials=n_trials)
    return study


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ranks of the plans that were made."""
    ranks: list[int] = []
    optimize = planner.optimize_acquisition

    def noted(*args, rank, **kwargs):
        ranks.append(rank)
        return optimize(*args, rank=rank, **kwargs)

    monkeypatch.setattr(planner, "optimize_acquisition", noted)
    return ranks


def next_params(study: optuna.Study) -> dict[str, float]:
    trial = study.ask()
    objective(trial)
    return trial.params


def test_a_prepared_trial_gets_the_plan_that_it_would_get_anyway(planned: list[int]) -> None:
    study, params = study_of(), next_params(study_of())
    prepare(study.sampler, study)
    planned.clear()
    assert next_params(study) == params
    assert planned == []


@pytest.mark.parametrize("what", ["ended", "began"])
def test_it_is_planned_again_if_a_trial_has_ended_or_begun(planned: list[int], what: str) -> None:
    def run(study: optuna.Study, *, prepared: bool) -> dict[str, float]:
        trial = study.ask()
        objective(trial)
        if prepared:
            prepare(study.sampler, study)
        if what == "ended":
            study.tell(trial, 0.1)
        else:
            next_params(study)
        planned.clear()
        return next_params(study)

    assert run(study_of(), prepared=True) == run(study_of(), prepared=False)
    assert len(planned) == 1


def test_nothing_is_planned_for_the_start_up_or_a_study_without_trials(planned: list[int]) -> None:
    for n_trials in (0, 3):
        study = study_of(n_trials)
        prepare(study.sampler, study)
    assert planned == []


def test_a_value_that_is_fixed_afterwards_counts() -> None:
    study = study_of()
    prepare(study.sampler, study)
    study.enqueue_trial({"x": 0.75})
    assert next_params(study)["x"] == 0.75


def test_other_samplers_are_left_alone() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    prepare(study.sampler, study)
