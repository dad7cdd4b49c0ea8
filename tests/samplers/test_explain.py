"""What the sampler says of its model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.samplers import DNCSampler


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_float("nothing", 0, 1)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return (x - 0.3) ** 2 + (trial.suggest_float("y", 0, 1) / 10 if kind == "b" else 0)


def study_of(direction="minimize", n=30):
    sign = 1 if direction == "minimize" else -1
    study = optuna.create_study(direction=direction, sampler=DNCSampler(seed=0))
    study.optimize(lambda trial: sign * objective(trial), n_trials=n)
    return study


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_what_matters_comes_first_and_predictions_fit(direction: str) -> None:
    study = study_of(direction)
    explained = study.sampler.explain(study)
    assert next(iter(explained.importances)) == "x"
    assert explained.importances["nothing"] < 0.05
    assert explained.rank_correlation > 0.8
    assert explained.coverage > 0.8
    assert [t.number for t in explained.trials] == list(range(30))
    for checked, trial in zip(explained.trials, study.trials, strict=True):
        assert checked.observed == pytest.approx(trial.value)
        assert checked.low <= checked.predicted <= checked.high
    assert "x " in str(explained)


def test_any_sampler_s_study_can_be_explained() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=20)
    assert DNCSampler().explain(study).importances["x"] > 0.5


def test_a_study_that_nothing_can_be_learned_from() -> None:
    study = study_of(n=25)
    flat = optuna.create_study(sampler=DNCSampler(seed=0))
    flat.add_trials(
        [optuna.create_trial(params=t.params, distributions=t.distributions, value=1.0)
         for t in study.trials]
    )  # fmt: skip
    explained = flat.sampler.explain(flat)
    assert explained.rank_correlation == 0.0
    assert max(explained.importances.values()) == 0.0


@pytest.mark.parametrize(
    ("sampler", "n", "objective_number", "message"),
    [
        (DNCSampler(), 2, 0, "2 trials"),
        (DNCSampler(), 6, 1, "objective must be 0 to 0, got 1"),
        (DNCSampler(), 6, "loss", "objective must be an int of at least 0, got 'loss'"),
        (DNCSampler(preset="deep-n-cheap"), 6, 0, "preset"),
    ],
)
def test_bad_questions_are_answered_in_one_line(
    sampler: DNCSampler, n: int, objective_number: Any, message: str
) -> None:
    study = study_of(n=n)
    with pytest.raises(InputError, match=message):
        sampler.explain(study, objective=objective_number)


def test_the_calibration_plot_has_a_point_for_every_trial(tmp_path: Path) -> None:
    study = study_of()
    figure = study.sampler.explain(study).plot()
    figure.savefig(tmp_path / "calibration.png")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "observed"
    assert len(axes.containers[0].lines[0].get_xdata()) == 30
    assert (tmp_path / "calibration.png").stat().st_size > 1000


def test_without_matplotlib_the_plot_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(n=20)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        study.sampler.explain(study).plot()
