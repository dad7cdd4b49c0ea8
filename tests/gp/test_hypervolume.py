"""Improvement of several objectives."""

from __future__ import annotations

import numpy as np

from optuna_dnc.gp.hypervolume import HypervolumeImprovement

RNG = np.random.default_rng(0)


def improvement(reached, means, sd=0.01):
    of = HypervolumeImprovement(np.array(reached, dtype=float), np.random.default_rng(1))
    means = np.array(means, dtype=float)
    return of.logarithm([(m, np.full(len(m), sd)) for m in means.T])


def test_what_dominates_more_is_rated_higher() -> None:
    front = [[0.0, 1.0], [1.0, 0.0]]
    ratings = improvement(front, [[0.1, 0.1], [0.4, 0.4], [0.6, 0.6], [2.0, 2.0]])
    assert np.all(np.diff(ratings) < 0)


def test_a_gap_in_the_front_is_worth_more_than_its_crowded_end() -> None:
    front = [[0.0, 1.0], [0.05, 0.95], [0.1, 0.9], [1.0, 0.0]]
    gap, crowd = improvement(front, [[0.5, 0.5], [0.02, 0.96]])
    assert gap > crowd


def test_far_behind_a_narrow_front_ratings_stay_finite_and_in_order() -> None:
    narrow = [[0.0, 0.0], [1e-2, -1e-2]]
    ratings = improvement(narrow, [[d, d] for d in (0.2, 2.0, 20.0, 2e5)])
    assert np.all(np.isfinite(ratings))
    assert np.all(np.diff(ratings) < 0)


def test_three_objectives() -> None:
    front = np.eye(3)
    better, worse = improvement(front, [[0.2, 0.2, 0.2], [0.9, 0.9, 0.9]])
    assert better > worse
