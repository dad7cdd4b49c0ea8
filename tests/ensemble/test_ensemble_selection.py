"""Which networks greedy selection takes, on votes that can be followed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc.ensemble.selection import (
    ensemble_error,
    greedy_selection,
    soft_voting,
)

ONE_TARGET = np.array([[1.0]])


def as_votes(*of_class_1: list[float]) -> np.ndarray:
    """Votes of several networks for two classes, from their probabilities of the second."""
    p = np.array(of_class_1)
    return np.stack([1 - p, p], axis=2)


def test_soft_voting_gives_all_the_same_weight() -> None:
    assert soft_voting(4) == (0.25, 0.25, 0.25, 0.25)


def test_errors_are_wrong_labels_or_mean_squares() -> None:
    votes = as_votes([0.9, 0.2, 0.6])[0]
    assert ensemble_error(votes, np.array([1, 0, 0])) == pytest.approx(1 / 3)
    assert ensemble_error(np.array([[1.0, 3.0]]), np.array([[0.0, 1.0]])) == 2.5


def test_networks_that_make_up_for_each_other_are_taken_together() -> None:
    votes = as_votes([0.9, 0.4, 0.9, 0.4], [0.4, 0.9, 0.4, 0.9], [0.1, 0.1, 0.1, 0.1])
    first, second, third = greedy_selection(votes, np.ones(4, dtype=int), [10, 10, 10])
    assert first > 0
    assert second > 0
    assert third == 0


def test_a_network_is_taken_again_where_it_should_count_more() -> None:
    votes = np.array([[[0.0]], [[3.0]]])
    assert greedy_selection(votes, ONE_TARGET, [1, 1]) == pytest.approx((2 / 3, 1 / 3))


def test_the_sorted_start_leaves_out_what_makes_it_worse() -> None:
    votes = np.array([[[1.0]], [[9.0]]])
    assert greedy_selection(votes, ONE_TARGET, [1, 1], n_steps=0) == (1.0, 0.0)


def test_what_is_equally_good_is_decided_by_the_cost() -> None:
    votes = as_votes([0.9, 0.8], [0.9, 0.8])
    assert greedy_selection(votes, np.ones(2, dtype=int), [20, 10]) == (0.0, 1.0)


def test_among_equal_errors_the_surer_network_counts() -> None:
    votes = as_votes([0.6, 0.6], [0.9, 0.9])
    assert greedy_selection(votes, np.ones(2, dtype=int), [1, 1]) == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_it_errs_no_more_on_the_validation_data_than_the_best_or_than_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = rng.dirichlet(np.ones(3), size=(6, 40))
    targets = rng.integers(0, 3, 40)
    weights = np.array(greedy_selection(votes, targets, [1] * 6))
    assert weights.sum() == pytest.approx(1)
    chosen = ensemble_error(np.tensordot(weights, votes, 1), targets)
    alone = min(ensemble_error(network, targets) for network in votes)
    assert chosen <= min(alone, ensemble_error(votes.mean(axis=0), targets))
