"""Studies in which trials end early, belong to other samplers, or contradict what was given."""

from __future__ import annotations

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import PartialFixedSampler
from optuna.trial import TrialState, create_trial

from optuna_dnc import InputError
from optuna_dnc.pruners import HyperbandPruner
from optuna_dnc.samplers import DNCSampler


def study_of(**settings):
    return optuna.create_study(sampler=DNCSampler(seed=0, **settings))


def stopped():
    """A trial that was PRUNED after its first report."""
    return create_trial(
        state=TrialState.PRUNED,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0, 1)},
        intermediate_values={1: 0.5},
    )


def is_different(study):
    return len({tuple(t.params.items()) for t in study.trials}) == len(study.trials)


@pytest.mark.parametrize("report", [None, float("nan"), float("inf")])
def test_pruned_trials_without_a_usable_report_count_as_failed(report: float | None) -> None:
    def objective(trial):
        a, b = trial.suggest_int("a", 0, 9), trial.suggest_categorical("b", "uvw")
        if a >= 5:
            if report is not None:
                trial.report(report, 1)
            raise optuna.TrialPruned
        return (a - 5) ** 2 + (b != "v")

    study = study_of()
    study.optimize(objective, n_trials=40)
    tried = [tuple(t.params.values()) for t in study.trials]
    assert {(a, b) for a in range(5) for b in "uvw"} <= set(tried)
    assert sum(a >= 5 for a, _ in tried[20:]) <= 5


def late_limit(trial):
    x = trial.suggest_float("x", 0, 1)
    if x > 0.6:
        raise MemoryError
    return (x - 0.9) ** 2 + trial.suggest_float("z", 0, 1)


def test_trials_that_fail_before_they_asked_for_everything_are_avoided() -> None:
    study = study_of()
    study.optimize(late_limit, n_trials=60, catch=(MemoryError,))
    states = [t.state for t in study.trials[15:]]
    assert states.count(TrialState.FAIL) <= 30
    assert study.best_value < 0.11  # the optimum beside the edge has 0.09


def test_a_failed_trial_stands_for_several_things_that_it_may_have_become() -> None:
    study = study_of()
    study.optimize(late_limit, n_trials=12, catch=(MemoryError,))
    history = study.sampler._model(study).history(study, 99)
    failed = [t for t in study.trials if t.state == TrialState.FAIL]
    assert len(history.failed) == 4 * len(failed)
    assert len({*history.failed[:, history.space.position("z")]}) == len(history.failed)
    assert {*history.failed[:, history.space.position("x")]} == {t.params["x"] for t in failed}


def test_the_rest_is_planned_around_what_another_sampler_fixes() -> None:
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        return (y - x) ** 2 + 3 * (x - 0.8) ** 2

    study = study_of()
    study.optimize(objective, n_trials=20)
    study.sampler = PartialFixedSampler({"x": 0.2}, study.sampler)
    study.optimize(objective, n_trials=15)
    assert min(abs(t.params["y"] - 0.2) for t in study.trials[20:]) < 0.05


def test_choices_that_cannot_be_hashed_may_have_children() -> None:
    def objective(trial):
        widths = trial.suggest_categorical("widths", [[1], [1, 2], [1, 2, 3]])
        return sum(trial.suggest_float(f"rate_{i}", 0, 1) for i in range(len(widths)))

    study = study_of()
    with pytest.warns(UserWarning, match="Choices for a categorical distribution"):
        study.optimize(objective, n_trials=20)
    assert study.best_value < 0.11  # the optimum beside the edge has 0.09


def test_a_trial_that_finishes_late_changes_no_proposal_of_one_that_saw_it_all() -> None:
    def ask(study):
        trial = study.ask()
        branch = trial.suggest_categorical("branch", ["a", "b", "c"])
        return trial, trial.suggest_float(f"of {branch}", 0, 1)

    watching = study_of(n_startup_trials=5)
    asked = [ask(watching) for _ in range(7)]
    for trial, value in asked[1:]:
        watching.tell(trial, value)
    ask(watching)
    watching.tell(*asked[0])
    new = study_of(n_startup_trials=5)
    new.add_trials(watching.trials)
    assert ask(new)[0].params == ask(watching)[0].params


def test_what_a_trial_that_has_failed_asked_for_is_forgotten() -> None:
    def objective(trial):
        return trial.suggest_float("x", 0, 1)

    watching = study_of(n_startup_trials=5)
    watching.optimize(objective, n_trials=8)
    failing = watching.ask()
    failing.suggest_float("only", 0, 1)
    failing.report(0.1, 1)
    watching.add_trial(stopped())
    watching.optimize(objective, n_trials=1)
    watching.tell(failing, state=TrialState.FAIL)
    assert "only" not in watching.sampler._model(watching).space(watching, 99).names


@pytest.mark.parametrize(
    "asked", [FloatDistribution(5, 10), FloatDistribution(-1, 1), IntDistribution(0, 1)]
)
def test_what_contradicts_the_space_that_was_given_is_said_at_the_first_trial(
    asked: BaseDistribution,
) -> None:
    study = study_of(search_space={"x": FloatDistribution(0, 1)})
    with pytest.raises(InputError, match="search_space"):
        study.ask({"x": asked})


def test_of_a_space_that_was_given_a_trial_may_ask_for_a_part() -> None:
    study = study_of(search_space={"x": FloatDistribution(0, 1)}, n_startup_trials=2)
    study.optimize(lambda t: t.suggest_float("x", 0.2, 0.3), n_trials=6)
    assert all(0.2 <= t.params["x"] <= 0.3 for t in study.trials)


def test_a_constraint_that_stopped_trials_did_not_come_to_set_is_not_fulfilled_by_them() -> None:
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        loss = (x - 0.7) ** 2 + 0.3 * (1 - y) ** 2
        for epoch in range(9):
            trial.report(loss + 0.3 / (epoch + 1), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        trial.set_constraint("small", y - 0.4)
        return loss

    study = optuna.create_study(sampler=DNCSampler(seed=0), pruner=HyperbandPruner(max_resource=9))
    study.optimize(objective, n_trials=45)
    assert sum(t.params["y"] <= 0.4 for t in study.trials[15:]) >= 15


def test_in_a_large_discrete_space_nothing_comes_twice_before_all_has_come() -> None:
    def objective(trial):
        return trial.suggest_int("a", 0, 34) + trial.suggest_int("b", 0, 34)

    study = study_of(n_candidates=100)
    space: dict[str, BaseDistribution] = {"a": IntDistribution(0, 34), "b": IntDistribution(0, 34)}
    tried = [{"a": a, "b": b} for a in range(35) for b in range(35)][6:]
    study.add_trials(
        create_trial(params=p, distributions=space, value=p["a"] + p["b"]) for p in tried
    )
    study.optimize(objective, n_trials=6)
    assert is_different(study)


def test_before_any_value_is_known_nothing_comes_twice_either() -> None:
    study = study_of(search_space={"k": IntDistribution(0, 9)}, n_startup_trials=0)
    asked = [study.ask().suggest_int("k", 0, 9) for _ in range(10)]
    assert sorted(asked) == list(range(10))
    assert asked != sorted(asked)


def test_processes_that_propose_at_the_same_time_propose_different_things() -> None:
    study = study_of(n_startup_trials=4)
    study.optimize(lambda t: t.suggest_int("k", 0, 30) ** 2, n_trials=10)
    # Each has begun its trial, and none has stored a parameter yet.
    others = [study._storage.create_new_trial(study._study_id) for _ in range(3)]
    proposed = []
    for number in others:
        sampler = DNCSampler(seed=0, n_startup_trials=4)
        trial = study._storage.get_trial(number)
        space = sampler.infer_relative_search_space(study, trial)
        proposed.append(sampler.sample_relative(study, trial, space)["k"])
    assert len(set(proposed)) == 3


def test_reports_of_trials_that_were_added_to_several_objectives_are_ignored() -> None:
    study = optuna.create_study(
        directions=["minimize", "maximize"], sampler=DNCSampler(seed=0, n_startup_trials=5)
    )
    study.add_trial(stopped())
    study.optimize(lambda t: (t.suggest_float("x", 0, 1), t.params["x"]), n_trials=8)
    assert len(study.best_trials) > 0


def share_at_bounds(study):
    late = [t.params.values() for t in study.trials[15:]]
    return sum(any(min(v, 1 - v) < 0.02 for v in values) for values in late) / len(late)


def cube(trial):
    return [trial.suggest_float(f"x{i}", 0, 1) for i in range(3)]


def test_while_all_losses_are_equal_it_looks_everywhere_and_not_at_the_bounds() -> None:
    study = study_of()
    study.optimize(lambda trial: len(cube(trial)), n_trials=50)
    assert share_at_bounds(study) < 0.4
    assert is_different(study)


def test_while_all_is_equally_infeasible_it_looks_everywhere() -> None:
    def objective(trial):
        x = cube(trial)
        trial.set_constraint("small", float(sum((v - 0.85) ** 2 for v in x) > 0.3**2))
        return sum(x)

    study = study_of()
    study.optimize(objective, n_trials=50)
    assert any(t.constraints["small"] <= 0 for t in study.trials[15:])
