"""The order in which trials ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.refit_schedule import end_ranks

START = datetime(2024, 1, 1)


def trial(number: int, end: int | None) -> FrozenTrial:
    has_ended = end is not None
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=TrialState.COMPLETE if has_ended else TrialState.WAITING,
        value=0.0 if has_ended else None,
        datetime_start=START,
        datetime_complete=START + timedelta(seconds=end) if end is not None else None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )


@pytest.mark.parametrize(
    ("ends", "ranks"),
    [([1, 2, 3], [0, 1, 2]), ([5, 1, 3], [2, 0, 1]), ([2, 1, 1], [2, 0, 1]), ([], [])],
)
def test_trials_are_ranked_by_their_ends(ends: list[int], ranks: list[int]) -> None:
    trials = [trial(number, end) for number, end in enumerate(ends)]
    assert end_ranks(trials).tolist() == ranks


def test_trials_that_wait_are_ranked_by_their_numbers() -> None:
    assert end_ranks([trial(0, 5), trial(1, None), trial(2, 1)]).tolist() == [0, 1, 2]
