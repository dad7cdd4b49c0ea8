"""Configurations that are rated."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc.gp.candidates import Candidates
from optuna_dnc.gp.optimize_acquisition import optimize_acquisition
from optuna_dnc.space import Condition, SearchSpace

SPACE = SearchSpace(
    {
        "n": IntDistribution(1, 3),
        "kind": CategoricalDistribution("abc"),
        "x": FloatDistribution(1e-3, 1, log=True),
        "w": IntDistribution(1, 200),
        "s": FloatDistribution(0, 1, step=0.25),
    },
    {"w": Condition(parent="n", above=1.5), "x": Condition(parent="kind", choices=("a",))},
)


def of(**named):
    return Candidates(SPACE, np.random.default_rng(0), **named)


def check(rows):
    """Every row is a configuration of the space, at its levels."""
    np.testing.assert_array_equal(SPACE.surprises(rows), [])
    for place, column in enumerate(SPACE.columns):
        positions = rows[:, place]
        np.testing.assert_allclose(column.quantized(positions), positions, atol=1e-12)


def test_random_and_near_ones_are_configurations_of_the_space() -> None:
    candidates = of()
    rows = candidates.random(300)
    check(rows)
    check(candidates.near(rows, 300, spread=0.3))


def test_each_variation_differs_from_its_parent() -> None:
    candidates = of()
    parents = candidates.random(50)
    children = candidates.near(parents, 500, spread=0.05)
    same = [
        np.array_equal(child, parents[i % 50], equal_nan=True) for i, child in enumerate(children)
    ]
    assert np.mean(same) < 0.1  # small steps of a wide range of integers may round to none


def test_small_spreads_stay_near() -> None:
    candidates = of()
    parent = SPACE.encode([{"n": 2, "kind": "a", "x": 0.03, "w": 100, "s": 0.5}])
    children = candidates.near(parent, 500, spread=0.01)
    kept = children[(children[:, 0] == parent[0, 0]) & (children[:, 1] == parent[0, 1])]
    assert np.abs(kept[:, 2] - parent[0, 2]).max() < 0.06


def test_what_is_fixed_stays_and_narrower_ranges_are_kept() -> None:
    candidates = of(fixed={"kind": 1.0}, allowed={"w": (0.25, 0.5)}, present="w")
    rows = candidates.random(200)
    for found in (rows, candidates.near(rows, 200, spread=0.5)):
        assert set(found[:, 1]) == {1.0}
        assert found[:, 3].min() >= 0.25
        assert found[:, 3].max() <= 0.5
        assert np.isnan(found[:, 2]).all()


def test_a_small_space_is_listed() -> None:
    small = SearchSpace(
        {"n": IntDistribution(0, 1), "k": CategoricalDistribution("abc")},
        {"k": Condition(parent="n", above=0.5)},
    )
    everything = Candidates(small, np.random.default_rng(0)).enumerate(100)
    assert len(everything) == 4
    assert Candidates(small, np.random.default_rng(0)).enumerate(5) is None
    assert of().enumerate(10**9) is None


@pytest.mark.parametrize("n", [1, 60, 600])
def test_the_maximum_is_found(n: int) -> None:
    target = SPACE.encode([{"n": 3, "kind": "a", "x": 0.2, "w": 150, "s": 0.75}])[0]

    def rate(rows):
        return -np.nansum((rows - target) ** 2, axis=1) - np.isnan(rows).sum(axis=1)

    start = of().random(5)
    winner = optimize_acquisition(rate, of(), start, start, n)
    assert rate(winner[None])[0] > {1: -9, 60: -0.3, 600: -0.03}[n]


def test_ratings_that_are_no_numbers_never_win() -> None:
    def rate(rows):
        return np.where(rows[:, 0] > 0, np.nan, -1.0)

    winner = optimize_acquisition(rate, of(), SPACE.encode([]), SPACE.encode([]), 100)
    assert winner[0] == 0
