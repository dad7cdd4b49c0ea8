"""BOHB's sampler and pruner as a pair."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc import BOHBSampler, InputError
from optuna_dnc.pruners import BOHBPruner, HyperbandPruner, bohb


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for epoch in range(1, 10):
        trial.report(abs(x - 0.3) + 1 / epoch, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return abs(x - 0.3)


def test_a_study_with_the_pair_finds_the_optimum_from_stopped_trials() -> None:
    study = optuna.create_study(**bohb(max_resource=9, seed=0)._asdict())
    study.optimize(objective, n_trials=60)
    pruned = study.get_trials(states=[TrialState.PRUNED])
    assert isinstance(study.sampler, BOHBSampler)
    assert isinstance(study.pruner, HyperbandPruner)
    assert len(pruned) > 20
    assert study.best_value < 0.05


def test_its_brackets_are_those_of_the_table() -> None:
    pruner = BOHBPruner(max_resource=9)
    study = optuna.create_study(pruner=pruner)
    study.optimize(objective, n_trials=20)
    ids = [pruner._get_bracket_id(study, trial) for trial in study.trials]
    assert ids == [0] * 9 + [1] * 3 + [2] * 3 + [0] * 5


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="max_resource"):
        bohb(max_resource=0)
    with pytest.raises(InputError, match="seed"):
        bohb(max_resource=9, seed=-1)
