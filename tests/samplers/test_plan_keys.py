"""Identity of plans."""

from __future__ import annotations

from optuna_dnc.samplers.dnc.planner import PlanKey


def test_each_point_of_a_trial_has_a_random_stream_of_its_own_and_the_first_plan_stream_0() -> (
    None
):
    keys = [PlanKey(7, n_values, request) for n_values in range(20) for request in (False, True)]
    assert [key.stream for key in keys] == [*range(40)]
