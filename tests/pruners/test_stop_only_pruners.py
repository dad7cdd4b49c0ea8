"""HyperbandPruner and SuccessiveHalvingPruner in ordinary studies."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from optuna_dnc.pruners import HyperbandPruner, SuccessiveHalvingPruner, survives
from tests.pruners.stop_only import add, steps_until_pruned, study_with

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize(
    ("value", "others", "goes_on"),
    [
        (5.0, [], False),
        (3.0, [4.0], False),
        (3.0, [4.0, 4.0], True),
        (4.0, [4.0, 4.0], False),
        (2.0, [1.0, 3.0, 4.0, 5.0], False),
        (2.0, [1.0, 3.0, 4.0, 5.0, 6.0], True),
        (2.0, [1.0, math.nan, math.nan, math.nan, math.inf], True),
        (2.0, [-math.inf] * 8, True),
        (math.nan, [], False),
        (math.inf, [], False),
    ],
)
def test_the_best_third_of_those_that_arrived_goes_on(
    value: float, others: list[Any], goes_on: bool
) -> None:
    assert survives(value, others, 3) is goes_on


def test_of_equal_values_one_in_eta_goes_on() -> None:
    stopped: list[Any] = []
    n_arrived = 0
    for n_arrived in range(30):
        if not survives(0.9, [0.9] * n_arrived, 3, stopped=stopped):
            stopped.append(0.9)
    assert len(stopped) == 20


def test_networks_at_chance_level_do_not_switch_pruning_off() -> None:
    study = optuna.create_study(pruner=HyperbandPruner(max_resource=27))

    def objective(trial):
        for epoch in range(1, 28):
            value = 0.5 - 0.01 * epoch if trial.number % 10 == 0 else 0.9
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    study.optimize(objective, n_trials=81)
    first = [t for t in study.trials if study.pruner.bracket_of(t.number) == 0]
    reached = [sum(t.last_step >= budget for t in first) for budget in (1, 3, 9, 27)]
    assert all(arrived > 2 and above <= arrived // 3 for arrived, above in pairwise(reached))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(2, 5))
def test_of_distinct_values_as_many_go_on_as_there_are_places(values, eta):
    arrived: list[Any] = []
    for value in values:
        if value < min(arrived, default=math.inf):
            assert survives(value, arrived, eta) is (len(arrived) + 1 >= eta)
        arrived.append(value)
    distinct = list(dict.fromkeys(values))
    others = {v: [o for o in distinct if o != v] for v in distinct}
    assert sum(survives(v, others[v], eta) for v in distinct) == len(distinct) // eta


def test_brackets_follow_the_table_by_number_in_every_study() -> None:
    pruner = HyperbandPruner(max_resource=81)
    study = study_with(pruner, study_name="a")
    other = study_with(HyperbandPruner(max_resource=81), study_name="b")
    for _ in range(148 + 81):
        add(study, 0.0)
    ids = [pruner._get_bracket_id(study, t) for t in study.trials]
    assert ids == [0] * 81 + [1] * 27 + [2] * 9 + [3] * 6 + [4] * 5 + [0] * 81 + [1] * 20
    assert ids == [other.pruner._get_bracket_id(other, t) for t in study.trials]


@pytest.mark.parametrize(("first", "first_step"), [(0, None), (0, 0), (1, None), (1, 1)])
def test_rungs_are_at_their_resource_whatever_the_first_step(
    first: int, first_step: int | None
) -> None:
    study = study_with(SuccessiveHalvingPruner(max_resource=9, first_step=first_step))
    steps = range(first, first + 9)
    add(study, *[0.0] * 9, first=first)
    bad_from = {1: 1, 2: 3, 3: 3, 4: 9}
    for bad, pruned_at in bad_from.items():
        pruned = steps_until_pruned(
            study, lambda s, b=bad: 1.0 if s - first + 1 >= b else -b, steps
        )
        assert pruned == (None if pruned_at == 9 else pruned_at + first - 1)


def test_forced_steps() -> None:
    from_zero = study_with(SuccessiveHalvingPruner(max_resource=9, first_step=0))
    add(from_zero, *[0.0] * 9, first=0)
    assert steps_until_pruned(from_zero, lambda s: 1.0, range(1, 9)) == 1
    assert steps_until_pruned(from_zero, lambda s: 1.0, range(2, 9, 2)) == 2
    from_one = study_with(SuccessiveHalvingPruner(max_resource=9, first_step=1))
    add(from_one, *[0.0] * 10, first=0)
    assert steps_until_pruned(from_one, lambda s: 1.0, range(10)) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_no_trial_is_pruned_at_its_last_epoch(first: int) -> None:
    study = study_with(HyperbandPruner(max_resource=27))
    last = []

    def objective(trial):
        quality = trial.suggest_float("x", 0, 1)
        for step in range(first, first + 27):
            trial.report(quality + 0.1 * ((trial.number * 7 + step * 5) % 11), step)
            if trial.should_prune():
                last.append(step - first + 1)
                raise optuna.TrialPruned
        return quality

    study.optimize(objective, n_trials=150)
    assert set(last) == {1, 3, 9}
    ids = [study.pruner._get_bracket_id(study, t) for t in study.trials]
    assert all(
        t.state == TrialState.COMPLETE for t, i in zip(study.trials, ids, strict=True) if i == 3
    )


def test_repetitions_of_a_bracket_are_compared_and_other_brackets_are_not() -> None:
    study = study_with(HyperbandPruner(max_resource=3))  # 3 trials to rungs 1 and 3, then 2
    for value in (0.5, 0.6, 0.4, 0.1, 0.1):
        add(study, value)
    assert steps_until_pruned(study, lambda s: 0.45, [1, 2, 3]) == 1
    assert steps_until_pruned(study, lambda s: 0.35, [1, 2, 3]) is None
    add(study, 0.0)
    assert steps_until_pruned(study, lambda s: 0.9, [1, 2, 3]) is None


def test_running_pruned_and_failed_trials_count_as_arrived() -> None:
    study = study_with(SuccessiveHalvingPruner(max_resource=9))
    running = study.ask()
    running.report(0.5, 1)
    add(study, 0.6, state=TrialState.PRUNED)
    add(study, 0.7, state=TrialState.FAIL)
    add(study, 0.8, 0.8, state=TrialState.COMPLETE)
    assert steps_until_pruned(study, lambda s: 0.55, [1]) == 1
    assert steps_until_pruned(study, lambda s: 0.55, [1]) is None


def test_larger_is_better_when_maximizing() -> None:
    study = study_with(SuccessiveHalvingPruner(max_resource=9), direction="maximize")
    add(study, 0.5)
    assert steps_until_pruned(study, lambda s: 0.4, [1, 2, 3]) == 1
    assert steps_until_pruned(study, lambda s: 0.6, [1, 2, 3]) is None


def test_nan_at_a_rung_prunes_and_between_rungs_does_not() -> None:
    study = study_with(SuccessiveHalvingPruner(max_resource=9))
    assert steps_until_pruned(study, lambda s: math.nan, range(1, 10)) == 1
    add(study, *[0.5] * 9)
    add(study, *[0.5] * 9)
    assert steps_until_pruned(study, lambda s: math.nan if s == 2 else 0.0, range(1, 10)) is None


def test_the_first_trial_is_trained_to_the_end_and_the_second_is_not() -> None:
    study = study_with(HyperbandPruner(max_resource=9))
    assert steps_until_pruned(study, lambda s: 1.0, range(1, 10)) is None
    assert steps_until_pruned(study, lambda s: 0.0, range(1, 10)) == 1


def test_rungs_are_reached_at_the_first_report_at_or_beyond_them() -> None:
    study = study_with(HyperbandPruner(max_resource=8100, min_resource=100))
    trial = study.ask()
    for step in range(250, 8251, 250):
        trial.report(1.0 if step < 1000 else 0.0, step)
    study.tell(trial, 0.0)
    for _ in range(2):
        add(study, *[3.0] * 8100)
    reports = {100: 2.0, 350: 2.0, 600: 2.0, 850: 2.0, 1100: 0.0}
    assert steps_until_pruned(study, reports.get, [100]) is not None
    assert steps_until_pruned(study, lambda s: 0.5, range(200, 8300, 200)) == 1000
    assert steps_until_pruned(study, lambda s: 0.5, [99, 901]) == 901


def test_a_late_first_report_counts_at_no_rung_below_it() -> None:
    study = study_with(HyperbandPruner(max_resource=27))
    for _ in range(4):
        trial = study.ask()
        trial.report(0.1, 9)
        study.tell(trial, 0.1)
    assert steps_until_pruned(study, lambda s: 0.5, [1]) is None  # the first to arrive there


def test_reports_out_of_order_and_twice() -> None:
    study = study_with(SuccessiveHalvingPruner(max_resource=27))
    for _ in range(2):
        add(study, *[0.5] * 27)
    trial = study.ask()
    trial.report(0.4, 2)
    assert not trial.should_prune()
    trial.report(0.9, 1)  # the rung's first report, for others, but not the latest of the trial
    assert not trial.should_prune()
    with pytest.warns(UserWarning, match="already reported"):
        trial.report(0.9, 2)
    trial.report(0.9, 3)
    assert trial.should_prune()
    assert trial.should_prune()
