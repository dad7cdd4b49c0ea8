"""Pruners that only stop, in whole studies; what they refuse."""

from __future__ import annotations

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import all_trials
from optuna_dnc.pruners import HyperbandPruner, SuccessiveHalvingPruner, hyperband
from tests.pruners.stop_only import add, steps_until_pruned, study_with

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(27):
        trial.report(
            x + ((trial.number * 3 + step) % 5) / 7 if trial.number % 9 else math.nan, step
        )
        if trial.should_prune():
            raise optuna.TrialPruned
    if trial.number % 6 == 1:
        raise MemoryError
    return x


@pytest.mark.parametrize("maker", [HyperbandPruner, SuccessiveHalvingPruner])
def test_a_new_pruner_for_every_trial_decides_as_one_for_all(
    maker: type[Any], tmp_path: Path
) -> None:
    one, many = study_with(maker(max_resource=27)), study_with(None)
    stored = study_with(maker(max_resource=27), storage=f"sqlite:///{tmp_path}/s.db")
    one.optimize(objective, n_trials=60, catch=MemoryError)
    stored.optimize(objective, n_trials=25, catch=MemoryError)
    for _ in range(60):
        many.pruner = copy.deepcopy(pickle.loads(pickle.dumps(one.pruner)))
        many.optimize(objective, n_trials=1, catch=MemoryError)
    expected = [(t.state, t.last_step) for t in one.trials]
    assert [(t.state, t.last_step) for t in many.trials] == expected
    assert [(t.state, t.last_step) for t in stored.trials] == expected[:25]
    assert not any(t.system_attrs for t in stored.trials)


def test_a_study_that_takes_the_place_of_a_deleted_one_starts_anew(tmp_path: Path) -> None:
    storage = optuna.storages.get_storage(f"sqlite:///{tmp_path}/s.db")
    pruner = SuccessiveHalvingPruner(max_resource=9)
    for value in (0.1, 0.9):
        study = study_with(pruner, storage=storage, study_name="s")
        assert steps_until_pruned(study, lambda s, v=value: v, range(1, 10)) is None
        assert steps_until_pruned(study, lambda s, v=value: v + 0.05, range(1, 10)) == 1
        optuna.delete_study(study_name="s", storage=storage)


@pytest.mark.parametrize(
    "sampler", [optuna.samplers.TPESampler(seed=0), optuna.samplers.RandomSampler(seed=0)]
)
def test_optunas_own_bracket_studies_have_our_brackets(sampler: BaseSampler) -> None:
    study = study_with(HyperbandPruner(max_resource=9))
    study.sampler = sampler
    study.optimize(objective, n_trials=30, catch=MemoryError)
    assert isinstance(study.pruner, optuna.pruners.HyperbandPruner)
    assert isinstance(
        SuccessiveHalvingPruner(max_resource=9), optuna.pruners.SuccessiveHalvingPruner
    )
    bracket = study.pruner._create_bracket_study(study, 1)
    assert [t.number for t in bracket.get_trials()] == [9, 10, 11, 24, 25, 26]


@pytest.mark.parametrize("maker", [HyperbandPruner, SuccessiveHalvingPruner])
@pytest.mark.parametrize(
    "arguments",
    [
        {"max_resource": 27, "reduction_factor": 1},
        {"max_resource": 27.0},
        {"max_resource": "auto"},
        {"max_resource": 2, "min_resource": 3},
        {"max_resource": 2, "min_resource": 0},
        {"max_resource": 27, "first_step": 2},
        {"max_resource": 27, "first_step": False},
        {"max_resource": 27, "first_step": "0"},
    ],
)
def test_bad_input(maker: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=list(arguments)[-1]):
        maker(**arguments)


def test_two_objectives_are_refused() -> None:
    study = optuna.create_study(directions=["minimize", "maximize"])
    trial = study.ask()
    with pytest.raises(InputError, match="one objective"):
        HyperbandPruner(max_resource=9).prune(study, study.trials[trial.number])


def test_only_reports_at_rungs_look_at_other_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_with(HyperbandPruner(max_resource=81))
    for number in range(100):
        add(study, *[float(number)] * 81, first=0, params={}, distributions={})
    looked = []
    monkeypatch.setattr(hyperband, "all_trials", lambda s: looked.append(s) or all_trials(s))
    trial = study.ask()
    for step in range(81):
        trial.report(-1.0, step)
        assert not trial.should_prune()
    assert len(looked) == 3  # trial 100 starts in the bracket with rungs at 3, 9, 27 and 81
