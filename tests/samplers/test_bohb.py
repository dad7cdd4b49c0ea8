"""BOHB's sampler in studies."""

from __future__ import annotations

import math
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.pruners import BasePruner
from optuna.trial import TrialState, create_trial

from optuna_dnc import BOHBSampler, InputError
from optuna_dnc.space import SearchSpace

UNIT: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"n_min": 1}, "n_min"),
        ({"n_min": 2.5}, "n_min"),
        ({"top_fraction": 1.5}, "top_fraction"),
        ({"top_fraction": "a"}, "top_fraction"),
        ({"n_candidates": 0}, "n_candidates"),
        ({"random_fraction": -0.1}, "random_fraction"),
        ({"bandwidth_factor": 0}, "bandwidth_factor"),
        ({"min_bandwidth": math.inf}, "min_bandwidth"),
        ({"search_space": 3}, "search_space"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments_are_named(bad: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        BOHBSampler(**bad)


def test_several_objectives_are_refused() -> None:
    study = optuna.create_study(directions=["minimize"] * 2, sampler=BOHBSampler())
    with pytest.raises(InputError, match="one objective"):
        study.ask().suggest_float("x", 0, 1)


def study_of(trials, direction="minimize", **options):
    study = optuna.create_study(
        direction=direction, sampler=BOHBSampler(**{"seed": 0, "random_fraction": 0.0, **options})
    )
    study.add_trials(trials)
    return study


def observed(x, y, reports, state=TrialState.PRUNED):
    """A trial at (x, y)."""
    value = list(reports.values())[-1] if state == TrialState.COMPLETE else None
    return create_trial(
        state=state, value=value, params={"x": x, "y": y}, distributions=UNIT,
        intermediate_values=reports,
    )  # fmt: skip


def around(corner, n, reports):
    """Trials near a point."""
    places = [corner + 0.01 * i for i in range(n)]
    return [observed(p, p, reports) for p in places]


def proposals(study, n=12):
    trials = [study.ask(UNIT) for _ in range(n)]
    return [(t.params["x"] + t.params["y"]) / 2 for t in trials]


def test_it_proposes_where_good_configurations_are() -> None:
    study = study_of([*around(0.2, 5, {1: 0.0}), *around(0.8, 15, {1: 1.0})])
    assert all(p < 0.5 for p in proposals(study))
    study = study_of([*around(0.2, 15, {1: 0.0}), *around(0.8, 5, {1: 1.0})], "maximize")
    assert all(p > 0.5 for p in proposals(study))


def test_the_largest_budget_with_enough_trials_decides() -> None:
    """At budget 1 the low corner looks better, at budget 9 the high one is."""
    small = [*around(0.2, 20, {1: 0.0}), *around(0.6, 20, {1: 1.0})]
    large = [*around(0.2, 3, {1: 0.0, 9: 1.0}), *around(0.8, 3, {1: 1.0, 9: 0.0})]
    assert sum(p < 0.5 for p in proposals(study_of([*small, *large[:2]]))) >= 10
    # Five are needed there.
    assert sum(p > 0.5 for p in proposals(study_of([*small, *large]))) >= 10


def test_nan_counts_as_worst() -> None:
    study = study_of([*around(0.2, 5, {1: 5.0}), *around(0.8, 15, {1: math.nan})])
    assert all(p < 0.5 for p in proposals(study))


def test_before_there_are_enough_trials_all_is_random() -> None:
    few = around(0.2, 4, {1: 0.0})  # two parameters: n_min is 3, and 5 are needed
    drawn = proposals(study_of(few), 40)
    assert max(drawn) > 0.7
    assert len(set(drawn)) == 40


def test_a_third_is_random() -> None:
    trials = [*around(0.2, 10, {1: 0.0}), *around(0.25, 30, {1: 1.0})]
    far = [p > 0.5 for p in proposals(study_of(trials, random_fraction=1 / 3), 300)]
    assert 0.1 < sum(far) / 300 < 0.25  # half of a third


def test_every_kind_of_parameter_is_learned() -> None:
    distributions = {
        "log": FloatDistribution(1e-5, 1, log=True),
        "step": FloatDistribution(0, 1, step=0.25),
        "int": IntDistribution(0, 20),
        "log_int": IntDistribution(1, 1000, log=True),
        "choice": CategoricalDistribution(["a", "b", None, 3.5]),
        "single": IntDistribution(4, 4),
    }

    def objective(trial):
        p = {name: trial._suggest(name, d) for name, d in distributions.items()}
        return (
            abs(math.log10(p["log"]) + 3) + abs(p["step"] - 1) + abs(p["int"]) / 20
            + abs(math.log10(p["log_int"]) - 3) + (p["choice"] is not None)
        )  # fmt: skip

    study = optuna.create_study(sampler=BOHBSampler(seed=0))
    study.optimize(objective, n_trials=120)
    early, late = (sorted(t.value for t in study.trials[a:b]) for a, b in ((0, 40), (80, 120)))
    assert late[20] < early[20] - 0.7
    assert all(type(t.params["int"]) is int for t in study.trials)


def conditional(trial):
    kind = trial.suggest_categorical("kind", ["a", "b"])
    if kind == "a":
        return 1 + trial.suggest_float("x", 0, 1)
    n = trial.suggest_int("n", 1, 3)
    return sum((trial.suggest_float(f"w{i}", 0, 1) - 0.5) ** 2 for i in range(n)) / n


def test_conditional_spaces() -> None:
    study = optuna.create_study(sampler=BOHBSampler(seed=1))
    study.optimize(conditional, n_trials=80)
    late = study.trials[50:]
    assert sum(t.params["kind"] == "b" for t in late) > 0.7 * len(late)
    assert min(t.value for t in late) < min(t.value for t in study.trials[:20])


def test_a_given_space_covers_what_no_trial_has_shown() -> None:
    trials = [*around(0.2, 5, {1: 0.0}), *around(0.8, 15, {1: 1.0})]
    space = SearchSpace({**UNIT, "new": FloatDistribution(0, 1)})
    study = study_of(trials, search_space=space, n_min=3)
    trial = study.ask()
    assert set(trial.relative_params) == {"x", "y", "new"}


def test_a_space_may_be_a_function_of_a_trial() -> None:
    study = optuna.create_study(sampler=BOHBSampler(search_space=conditional))
    assert set(study.ask().relative_params) == {"kind", "x", "n", "w0", "w1", "w2"}


def test_ranges_that_change_are_respected() -> None:
    study = optuna.create_study(sampler=BOHBSampler(seed=0, random_fraction=0.0))

    def objective(trial):
        high = trial.suggest_int("high", 1, 9)
        return trial.suggest_int("x", 0, high)

    study.optimize(objective, n_trials=30)
    assert all(t.params["x"] <= t.params["high"] for t in study.trials)


@pytest.mark.parametrize(
    "pruner",
    [
        optuna.pruners.MedianPruner(),
        optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9),
        optuna.pruners.SuccessiveHalvingPruner(),
    ],
)
def test_with_any_pruner(pruner: BasePruner) -> None:
    def objective(trial):
        x = trial.suggest_float("x", -1, 1)
        for step in range(9):
            trial.report(x * x + 1 / (step + 1), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return x * x

    study = optuna.create_study(sampler=BOHBSampler(seed=0), pruner=pruner)
    study.optimize(objective, n_trials=40)
    assert study.best_value < 0.01
    states = {t.state for t in study.trials}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED}


def run_anew(seed=3):
    study = optuna.create_study(sampler=BOHBSampler(seed=seed))
    study.optimize(conditional, n_trials=30)
    return [t.params for t in study.trials]


whole_run = cache(run_anew)


def test_same_seed_same_proposals() -> None:
    assert run_anew() == whole_run() != whole_run(4)


def test_an_interrupted_study_goes_on_the_same(tmp_path: Path) -> None:
    """A new sampler sees the trials in another order of reading, and another process."""
    storage = f"sqlite:///{tmp_path}/study.db"
    for n in (1, 12, 17):
        study = optuna.create_study(
            storage=storage, study_name="s", load_if_exists=True, sampler=BOHBSampler(seed=3)
        )
        study.optimize(conditional, n_trials=n)
    assert [t.params for t in study.trials] == whole_run()


@pytest.mark.parametrize("protocol", [0, pickle.HIGHEST_PROTOCOL])
def test_it_pickles_in_the_middle_of_a_study(protocol: int) -> None:
    study = optuna.create_study(sampler=BOHBSampler(seed=3))
    study.optimize(conditional, n_trials=20)
    study.sampler = pickle.loads(pickle.dumps(study.sampler, protocol))
    study.optimize(conditional, n_trials=10)
    assert [t.params for t in study.trials] == whole_run()
