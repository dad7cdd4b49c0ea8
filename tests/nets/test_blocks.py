"""The pieces that network families share."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from optuna_dnc.nets.blocks import BatchNorm, Dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_dropout_drops_the_given_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    dropped = Dropout(p)(torch.ones(1000, 1000))
    assert (dropped == 0).float().mean().item() == pytest.approx(p, abs=0.003)
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    assert len(dropped.unique()) == 2


def test_dropout_decides_neighbours_independently() -> None:
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(1_000_000)) > 0).float() - 0.5
    for distance in (1, 2, 3, 4, 8):
        assert (kept[distance:] * kept[:-distance]).mean().abs() < 0.002


def test_dropout_lets_gradients_through_what_it_kept_alone() -> None:
    x = torch.ones(3, 5, requires_grad=True)
    dropped = Dropout(0.5)(x)
    dropped.sum().backward()
    assert torch.equal(x.grad, dropped.detach())


def test_dropout_leaves_evaluation_alone() -> None:
    x = torch.randn(7, 3)
    assert Dropout(0.5).eval()(x) is x


@pytest.mark.parametrize("shape", [(1,), (3, 7), (2, 3, 5, 4)])
def test_dropout_takes_any_number_of_values(shape: tuple[int, ...]) -> None:
    assert Dropout(0.5)(torch.ones(shape)).shape == shape


def test_dropout_keeps_the_memory_format_and_takes_slices() -> None:
    x = torch.ones(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    assert Dropout(0.5)(x).is_contiguous(memory_format=torch.channels_last)
    assert Dropout(0.5)(torch.ones(10, 10)[:, 3:5]).shape == (10, 2)


def test_dropout_draws_from_the_seed() -> None:
    torch.manual_seed(3)
    first = Dropout(0.5)(torch.ones(100))
    torch.manual_seed(3)
    assert torch.equal(first, Dropout(0.5)(torch.ones(100)))
    assert not torch.equal(first, Dropout(0.5)(torch.ones(100)))


def test_batch_norm_is_torchs_and_survives_a_single_value() -> None:
    mine, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    x = torch.randn(4, 3, 2, 2)
    torch.testing.assert_close(mine(x), theirs(x), rtol=0, atol=0)
    single = torch.randn(1, 3, 1, 1)
    with pytest.raises(ValueError, match="more than 1 value"):
        theirs(single)
    before = mine.running_mean.clone()
    torch.testing.assert_close(mine(single), mine.eval()(single), rtol=0, atol=0)
    assert torch.equal(mine.running_mean, before)
