"""What counts at which budget."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from optuna_dnc.samplers.budgets import largest_budget, read_observations


def trial(state, reports=None, value=None):
    return create_trial(state=state, value=value, intermediate_values=reports or {})


COMPLETE, PRUNED, RUNNING, WAITING, FAIL = (
    TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING, TrialState.WAITING,
    TrialState.FAIL,
)  # fmt: skip


def test_a_budget_is_the_step_of_a_report() -> None:
    seen = read_observations([trial(PRUNED, {1: 0.5, 3: 0.4}), trial(PRUNED, {1: 0.6})])
    assert [o.reached for o in seen] == [3, 1]
    assert [o.value_at(1) for o in seen] == [0.5, 0.6]
    assert seen[0].value_at(3) == 0.4


def test_steps_from_zero_count_from_one() -> None:
    seen = read_observations([trial(PRUNED, {0: 0.5, 1: 0.4}), trial(PRUNED, {1: 0.6})])
    assert [o.reached for o in seen] == [2, 2]
    assert [o.value_at(2) for o in seen] == [0.4, 0.6]


def test_the_value_at_a_budget_is_the_first_from_there_on() -> None:
    (seen,) = read_observations([trial(PRUNED, {1: 0.5, 4: 0.4, 9: 0.3})])
    assert [seen.value_at(b) for b in (1, 2, 4, 5)] == [0.5, 0.4, 0.4, 0.3]


def test_complete_trials_count_up_to_the_largest_budget_of_all() -> None:
    seen = read_observations(
        [
            trial(COMPLETE, value=0.1),
            trial(COMPLETE, {1: 0.5, 2: 0.4}, 0.2),
            trial(PRUNED, {9: 1.0}),
        ]
    )
    assert [o.reached for o in seen] == [9, 9, 9]
    assert [o.value_at(9) for o in seen] == [0.1, 0.2, 1.0]
    assert [o.value_at(1) for o in seen] == [0.1, 0.5, 1.0]


@pytest.mark.parametrize("state", [PRUNED, WAITING, RUNNING, FAIL])
def test_what_was_reported_counts_in_every_state(state: TrialState) -> None:
    (seen,) = read_observations([trial(state, {3: 0.5})])
    assert (seen.reached, seen.value_at(3)) == (3, 0.5)


def test_trials_without_a_value_do_not_count() -> None:
    assert read_observations([trial(s) for s in (PRUNED, WAITING, RUNNING, FAIL)]) == []


def test_nan_reports_stay_nan() -> None:
    (seen,) = read_observations([trial(PRUNED, {3: math.nan})])
    assert math.isnan(seen.value_at(3))


def rungs(*reached, state=PRUNED):
    return [
        trial(state, dict.fromkeys([r for r in (1, 3, 9, 27) if r <= to], 0.0)) for to in reached
    ]


@pytest.mark.parametrize(
    ("least", "budget"), [(1, 9), (2, 9), (3, 3), (4, 3), (5, 1), (6, 1), (7, None)]
)
def test_the_largest_budget_that_enough_trials_reached(least: int, budget: int | None) -> None:
    assert largest_budget(read_observations(rungs(9, 1, 3, 9, 3, 1)), least) == budget


def test_where_a_trial_happens_to_be_is_no_budget() -> None:
    running = trial(RUNNING, dict.fromkeys(range(1, 6), 0.0))
    seen = read_observations([*rungs(3, 3, 9), running])
    assert largest_budget(seen, 2) == 3
    assert largest_budget(seen, 4) == 3
    assert largest_budget(read_observations([running]), 1) is None


def test_a_study_without_reports_has_one_budget() -> None:
    study = optuna.create_study()
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=4)
    seen = read_observations(study.trials)
    assert largest_budget(seen, 4) == 1
    assert [o.value_at(1) for o in seen] == [t.value for t in study.trials]
