"""What a budget of epochs pays for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc.pruners import hyperband_brackets
from optuna_dnc.pruners.brackets import default_budget, hyperband_plan


def test_a_third_of_the_full_trainings_but_a_whole_bracket_at_least() -> None:
    assert default_budget(30, 27) == 30 * 27 // 3
    # 9 networks for 1 epoch, 3 of them for 2 more, 1 of these for 6 more.
    assert default_budget(2, 9) == 9 + 3 * 2 + 6


@pytest.mark.parametrize(
    ("budget", "least", "epochs", "n_trials"),
    [
        (21, 1, 21, 9),
        (35, 1, 21, 9),
        # The second bracket: 3 networks for 3 epochs, 1 of them for 6 more.
        (36, 1, 36, 12),
        # One of the third bracket's three full trainings.
        (47, 1, 45, 13),
        (60, 1, 54, 14),
        # Again from the first bracket.
        (90, 1, 84, 24),
        # Too little for the first bracket, so it begins with 3 epochs, or with all.
        (20, 2, 15, 3),
        (9, 4, 9, 1),
    ],
)
def test_brackets_follow_each_other_to_the_last_network_that_comes_to_its_end(
    budget: int, least: int, epochs: int, n_trials: int
) -> None:
    plan = hyperband_plan(budget, 9)
    assert (plan.min_resource, plan.epochs, plan.n_trials) == (least, epochs, n_trials)


@given(st.integers(1, 100), st.integers(0, 1000))
def test_never_more_than_the_budget_and_one_full_training_at_least(epochs: int, more: int) -> None:
    plan = hyperband_plan(epochs + more, epochs)
    assert epochs <= plan.epochs <= epochs + more
    assert plan.n_trials >= 1


def test_a_budget_for_many_iterations_is_that_of_one_as_often() -> None:
    iteration = sum(
        places * (until - before)
        for bracket in hyperband_brackets(27)
        for before, (places, until) in zip((0, *bracket.budgets), bracket.rungs, strict=False)
    )
    one, many = hyperband_plan(iteration, 27), hyperband_plan(40_000 * iteration, 27)
    assert one.n_iterations == 1
    assert many == replace(
        one,
        n_iterations=40_000,
        epochs=40_000 * one.epochs,
        n_trials=40_000 * one.n_trials,
    )
