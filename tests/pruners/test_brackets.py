"""The tables of Hyperband and of successive halving."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import Bracket, hyperband_brackets, successive_halving

PAPER_TABLE = [
    Bracket(4, ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81))),
    Bracket(3, ((27, 3), (9, 9), (3, 27), (1, 81))),
    Bracket(2, ((9, 9), (3, 27), (1, 81))),
    Bracket(1, ((6, 27), (2, 81))),
    Bracket(0, ((5, 81),)),
]


def test_the_default_is_the_table_of_the_paper() -> None:
    assert hyperband_brackets(max_resource=81, reduction_factor=3) == PAPER_TABLE
    assert hyperband_brackets(np.int64(81), rule="paper-table") == PAPER_TABLE  # type: ignore[arg-type]


def test_the_formula_starts_more_configurations() -> None:
    brackets = hyperband_brackets(81, rule="formula")
    assert [b.n_configurations for b in brackets] == [81, 34, 15, 8, 5]
    assert brackets[1].rungs == ((34, 3), (11, 9), (3, 27), (1, 81))


def test_least_resource_cuts_the_brackets_below_it() -> None:
    assert [b.budgets for b in hyperband_brackets(81, min_resource=9)] == [
        (9, 27, 81),
        (27, 81),
        (81,),
    ]
    assert [b.rungs for b in hyperband_brackets(7, 3, 7)] == [((1, 7),)]


@pytest.mark.parametrize(
    ("R", "eta", "n"), [(243, 3, 6), (1000, 10, 4), (3**13, 3, 14), (125, 5, 4)]
)
@pytest.mark.parametrize("rule", ["paper-table", "formula"])
def test_no_bracket_is_lost_to_a_logarithm(R: int, eta: int, n: int, rule: str) -> None:
    brackets = hyperband_brackets(R, eta, rule=rule)
    assert [b.s for b in brackets] == list(range(n))[::-1]
    assert brackets[0].budgets == tuple(eta**k for k in range(n))


def test_where_eta_does_not_divide_budgets_are_rounded_and_end_at_the_maximum() -> None:
    assert hyperband_brackets(100)[0].budgets == (1, 4, 11, 33, 100)
    assert hyperband_brackets(5, 2)[0].budgets == (1, 3, 5)


def test_successive_halving() -> None:
    assert successive_halving(n=16, r=1, R=16, eta=4) == ((16, 1), (4, 4), (1, 16))
    assert successive_halving(20, 3, 27, 3) == ((20, 3), (6, 9), (2, 27))
    assert successive_halving(2, 1, 9, 3) == ((2, 1), (1, 3), (1, 9))


@given(
    st.integers(1, 50),
    st.integers(0, 2000),
    st.integers(2, 11),
    st.sampled_from(["paper-table", "formula"]),
)
def test_every_table_is_sound(r, more, eta, rule):
    R = r + more
    brackets = hyperband_brackets(R, eta, r, rule=rule)
    s_max = brackets[0].s
    assert r * eta**s_max <= R < r * eta ** (s_max + 1)
    for bracket in brackets:
        sizes = [n for n, _ in bracket.rungs]
        assert len(sizes) == bracket.s + 1
        assert sizes == [sizes[0] // eta**i for i in range(len(sizes))]
        assert sizes[-1] >= 1
        assert bracket.budgets[-1] == R
        assert bracket.budgets[0] >= r
        for i, budget in enumerate(bracket.budgets):
            assert abs(budget - Fraction(R, eta ** (bracket.s - i))) <= Fraction(1, 2)
            assert isinstance(budget, int)
        assert list(bracket.budgets) == sorted(set(bracket.budgets))


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_resource": 81, "reduction_factor": 1},
        {"max_resource": 81, "reduction_factor": 3.0},
        {"max_resource": 81, "reduction_factor": True},
        {"max_resource": 81.0},
        {"max_resource": True},
        {"max_resource": "81"},
        {"max_resource": 0},
        {"max_resource": 8, "min_resource": 9},
        {"max_resource": 8, "min_resource": 0},
        {"max_resource": 8, "min_resource": 0.5},
        {"max_resource": 8, "rule": "papers-table"},
        {"max_resource": 8, "rule": None},
        {"max_resource": 8, "rule": ["formula"]},
    ],
)
def test_bad_input(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=list(arguments)[-1]):
        hyperband_brackets(**arguments)


@pytest.mark.parametrize(
    "arguments", [(0, 1, 9, 3), (9, 0, 9, 3), (9, 3, 2, 3), (9, 1, 9, 1), (9, 1, 9.5, 3)]
)
def test_bad_input_of_successive_halving(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InputError):
        successive_halving(*arguments)
