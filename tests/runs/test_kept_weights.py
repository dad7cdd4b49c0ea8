"""Weights of the leader and of the front of error and cost are kept, within bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optuna_dnc.objectives import unusable
from optuna_dnc.runs.kept_weights import Candidate, candidates_of, keys_to_keep
from tests.runs.test_ledger import FULL, stopped

SMALL = Candidate("small", -0.5, 0.30, 10.0, 40)
MIDDLE = Candidate("middle", -0.9, 0.10, 100.0, 400)
LARGE = Candidate("large", -0.7, 0.05, 1000.0, 4000)
WORSE = Candidate("worse", -0.6, 0.20, 500.0, 2000)
ALL = [WORSE, LARGE, SMALL, MIDDLE]


def test_the_leader_and_the_front_are_kept_by_loss() -> None:
    assert keys_to_keep(ALL, "middle") == ["middle", "large", "small"]


def test_a_leader_off_the_front_is_kept_as_well() -> None:
    assert keys_to_keep(ALL, "worse") == ["worse", "middle", "large", "small"]


@pytest.mark.parametrize(
    ("most", "most_bytes", "kept"),
    [
        (1, 10**6, ["middle"]),
        (2, 10**6, ["middle", "large"]),
        (9, 4039, ["middle", "large"]),
        (9, 3999, ["middle", "small"]),
        (9, 0, ["middle"]),
    ],
)
def test_their_number_and_bytes_are_bounded(most: int, most_bytes: int, kept: list[str]) -> None:
    assert keys_to_keep(ALL, "middle", most=most, most_bytes=most_bytes) == kept


def test_of_networks_that_are_equally_good_and_cheap_one_is_kept() -> None:
    assert keys_to_keep([MIDDLE, MIDDLE._replace(key="twin")], "middle") == ["middle"]


def test_without_networks_the_leader_alone_is_kept() -> None:
    assert keys_to_keep([], "cut") == ["cut"]
    assert keys_to_keep([], None) == []


def test_only_networks_that_were_trained_to_the_end_count_once_each() -> None:
    costs = FULL.measured.costs
    broken = replace(FULL, key="b", measured=unusable("classification", costs, "diverged"))
    again = replace(FULL, trial_number=7, reused_from=FULL.label)
    (only,) = candidates_of([FULL, again, broken, stopped(1, 3, -2.0)], "n_params")
    assert only == Candidate(FULL.key, FULL.loss, 0.1, 100.0, 400)
