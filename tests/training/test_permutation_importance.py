"""Permutation importance of groups of inputs."""

from __future__ import annotations

from itertools import count

import pytest
import torch

from optuna_dnc.training.permutation_importance import FeatureGroup, permutation_importance

GROUPS = [FeatureGroup("noise", (0,)), FeatureGroup("both", (1, 2))]


@pytest.fixture
def x() -> torch.Tensor:
    """The last two inputs say together what the label is; neither does alone."""
    x = torch.randint(0, 2, (400, 3), generator=torch.Generator().manual_seed(0))
    return x.float()


def test_inputs_that_say_nothing_have_none_and_those_of_a_group_are_shuffled_together(
    x: torch.Tensor,
) -> None:
    labels = x[:, 1] != x[:, 2]
    before = x.clone()

    def error_of(inputs: torch.Tensor) -> float:
        return ((inputs[:, 1] != inputs[:, 2]) != labels).float().mean().item()

    both, noise = permutation_importance(error_of, x, GROUPS, seed=0) or []
    assert (both.name, noise.name) == ("both", "noise")
    assert both.increase == pytest.approx(0.5, abs=0.1)
    assert 0 < both.deviation < 0.1
    assert noise.increase == noise.deviation == 0
    assert torch.equal(x, before)


def test_rows_of_a_group_stay_together(x: torch.Tensor) -> None:
    def error_of(inputs: torch.Tensor) -> float:
        return (inputs[:, 1] + inputs[:, 2]).sort().values.sub(sums).abs().sum().item()

    sums = (x[:, 1] + x[:, 2]).sort().values
    assert all(row.increase == 0 for row in permutation_importance(error_of, x, GROUPS, seed=0))


def test_it_ends_without_a_result_when_time_is_up(x: torch.Tensor) -> None:
    asked = count()
    late = permutation_importance(
        lambda inputs: 0.0, x, GROUPS, seed=0, is_late=lambda: next(asked) == 1
    )
    assert late is None
    assert next(asked) == 2
