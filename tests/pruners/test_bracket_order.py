"""Which brackets a run goes through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import hyperband_brackets
from optuna_dnc.pruners.brackets import bracket_cost, bracket_order


def test_hyperband_goes_through_all_brackets_again_and_again() -> None:
    brackets = hyperband_brackets(81)
    assert bracket_order("hyperband", brackets, 3, 2) == brackets * 2


def test_halving_once_begins_many_only_once() -> None:
    order = bracket_order("halving-once", hyperband_brackets(81), 3, 1)
    assert order[0].rungs == ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81))
    assert {bracket.rungs for bracket in order[1:]} == {((3, 27), (1, 81))}
    # All brackets of Hyperband train 1,404 epochs; the first 297, a short one 135.
    assert len(order) == 1 + (1404 - 297) // 135


def test_without_a_second_rung_all_are_trained_to_the_end() -> None:
    order = bracket_order("halving-once", hyperband_brackets(9, 3, 9), 3, 4)
    assert [bracket.rungs for bracket in order] == [((1, 9),)] * 4


@given(
    st.integers(1, 30), st.integers(0, 500), st.integers(2, 6), st.integers(1, 5),
    st.sampled_from(["paper-table", "formula"]),
)  # fmt: skip
def test_no_more_is_spent_than_by_hyperband_and_more_iterations_only_add(r, more, eta, n, rule):
    brackets = hyperband_brackets(r + more, eta, r, rule)
    one_pass = sum(map(bracket_cost, brackets))
    order = bracket_order("halving-once", brackets, eta, n)
    spent = sum(map(bracket_cost, order))
    assert spent <= n * one_pass < spent + bracket_cost(order[-1])
    assert bracket_order("halving-once", brackets, eta, n + 1)[: len(order)] == order


@pytest.mark.parametrize("schedule", ["halving-twice", None, ["hyperband"]])
def test_an_unknown_schedule_is_refused(schedule: Any) -> None:
    with pytest.raises(InputError, match=r"schedule .*allowed are halving-once, hyperband"):
        bracket_order(schedule, hyperband_brackets(9), 3, 1)
