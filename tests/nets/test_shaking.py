"""Shake-shake and shake-drop: what goes forward, what goes back, what evaluation expects."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from optuna_dnc.nets.resnet_module import ShakeDrop, ShakeShake

N = 20_000


def ones(*values, n=N):
    """Tensors of one value a pixel that want gradients."""
    return [torch.full((n, 1, 2, 2), float(value), requires_grad=True) for value in values]


def shaken(module, *inputs):
    """Factors forward and gradients back, each (n,), the same over a sample."""
    torch.manual_seed(0)
    out = module(*inputs)
    out.sum().backward()
    found = [out, *(tensor.grad for tensor in inputs)]
    for tensor in found:
        assert torch.equal(tensor, tensor[:, :, :1, :1].expand_as(tensor))
    return [tensor.detach()[:, 0, 0, 0] for tensor in found]


def correlation(a, b):
    return torch.corrcoef(torch.stack([a, b]))[0, 1].item()


def test_shake_shake_weighs_both_branches_uniformly_for_each_sample() -> None:
    alpha, to_a, to_b = shaken(ShakeShake(), *ones(1, 0))
    for weight in (alpha, to_a):
        assert weight.min() >= 0
        assert weight.max() <= 1
        assert weight.mean().item() == pytest.approx(1 / 2, abs=0.01)
        assert weight.var().item() == pytest.approx(1 / 12, abs=0.002)
    torch.testing.assert_close(to_a + to_b, torch.ones(N))
    assert abs(correlation(alpha, to_a)) < 0.03  # the gradient has a weight of its own


def test_shake_shake_blends() -> None:
    a, b = torch.randn(5, 3, 4, 4), torch.randn(5, 3, 4, 4)
    torch.manual_seed(0)
    alpha = torch.rand(2, 5, 1, 1, 1)[0]
    torch.manual_seed(0)
    torch.testing.assert_close(ShakeShake()(a, b), alpha * a + (1 - alpha) * b)


@pytest.mark.parametrize("death_rate", [0.0, 0.3, 1.0])
def test_shake_drop_scales_only_the_dead(death_rate: float) -> None:
    forward, backward = shaken(ShakeDrop(death_rate), *ones(1))
    dead = forward != 1
    assert torch.equal(dead, backward != 1)
    assert dead.float().mean().item() == pytest.approx(death_rate, abs=0.01)
    if death_rate:
        alpha, beta = forward[dead], backward[dead]
        assert -1 <= alpha.min() < -0.95
        assert 0.95 < alpha.max() <= 1
        assert alpha.mean().item() == pytest.approx(0, abs=0.02)
        assert alpha.var().item() == pytest.approx(1 / 3, abs=0.02)
        assert beta.min() >= 0
        assert beta.mean().item() == pytest.approx(1 / 2, abs=0.02)
        assert beta.var().item() == pytest.approx(1 / 12, abs=0.01)
        assert abs(correlation(alpha, beta)) < 0.05


@pytest.mark.parametrize("death_rate", [0.2, 0.7])
def test_shake_drop_evaluates_to_what_training_expects(death_rate: float) -> None:
    module = ShakeDrop(death_rate)
    (x,) = ones(3)
    assert module(x).mean().item() == pytest.approx(module.eval()(x).mean().item(), abs=0.04)


def test_shake_shake_evaluates_to_what_training_expects() -> None:
    module = ShakeShake()
    a, b = ones(1, 4)
    assert module(a, b).mean().item() == pytest.approx(2.5, abs=0.02)
    assert torch.equal(module.eval()(a, b), torch.full_like(a, 2.5))


@pytest.mark.parametrize(
    "module", [ShakeShake(), ShakeDrop(0.5)], ids=["shake-shake", "shake-drop"]
)
def test_evaluation_has_ordinary_gradients(module: nn.Module) -> None:
    inputs = ones(*([1, 2] if isinstance(module, ShakeShake) else [1]), n=3)
    module.eval()(*inputs).sum().backward()
    assert all(torch.equal(x.grad, torch.full_like(x, 0.5)) for x in inputs)
