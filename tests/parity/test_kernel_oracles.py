"""Kernels against the numbers of the published formulas."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from optuna_dnc.gp import LayerRamp, Mixture, Ramp, TotalRamp, default_terms, ramp_kernel
from optuna_dnc.space import Condition, SearchSpace

TRAINING = SearchSpace(
    {
        "lr": FloatDistribution(1e-5, 1e-1, log=True),
        "weight_decay": FloatDistribution(1e-6, 1e-3, log=True),
        "batch_size": IntDistribution(32, 512),
    }
)
MLP = SearchSpace(
    {
        "n_layers": IntDistribution(0, 2),
        "width_0": IntDistribution(20, 400),
        "width_1": IntDistribution(20, 400),
    },
    {f"width_{i}": Condition(parent="n_layers", above=i) for i in range(2)},
)
CHANNELS = SearchSpace({f"channels_{i}": IntDistribution(16, 64) for i in range(4)})


def similarity(space, kernel, a, b):
    return kernel.matrix(space.encode([a]), space.encode([b]), space).item()


def mlp(*widths):
    return {"n_layers": len(widths), **{f"width_{i}": w for i, w in enumerate(widths)}}


def test_batch_size() -> None:
    assert ramp_kernel(200, 100, 32, 512) == pytest.approx(0.8225775624, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((16, 32), (16, 32, 64), 0.6703696655),
        ((20, 30, 40, 50), (40, 50, 60, 64), 0.1951096494),
        ((16,), (64,), 0.0111089965),
    ],
)
def test_channels(a: tuple[int, ...], b: tuple[int, ...], expected: float) -> None:
    kernel = Mixture(terms=[LayerRamp("channels")])
    pair = ({f"channels_{i}": c for i, c in enumerate(channels)} for channels in (a, b))
    assert similarity(CHANNELS, kernel, *pair) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((), (400,), 0.2150258460),
        ((100,), (400,), 0.5924907000),
        ((50, 60), (400, 400), 0.5103125139),
    ],
)
def test_mlp(a: tuple[int, ...], b: tuple[int, ...], expected: float) -> None:
    kernel = Mixture(terms=[TotalRamp("width"), Ramp("n_layers")])
    assert similarity(MLP, kernel, mlp(*a), mlp(*b)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((1e-3, 0, 256), (1e-3, 1e-5, 256), 0.8688435532),
        ((1e-3, 1e-4, 120), (1e-2, 0, 512), 0.3132999195),
    ],
)
def test_training_hyperparameters(
    a: tuple[float, ...], b: tuple[float, ...], expected: float
) -> None:
    kernel = Mixture(terms=default_terms(TRAINING))
    pair = (dict(zip(TRAINING.names, values, strict=True)) for values in (a, b))
    assert similarity(TRAINING, kernel, *pair) == pytest.approx(expected, abs=1e-9)


def test_the_published_mlp_kernel_cannot_tell_the_order_of_widths() -> None:
    """A known weakness, kept on purpose: the preset is to the letter."""
    kernel = Mixture(terms=[TotalRamp("width"), Ramp("n_layers")])
    assert similarity(MLP, kernel, mlp(380, 20), mlp(20, 380)) == pytest.approx(1.0)


def test_without_terms_of_its_own_a_study_can_tell_the_order_of_widths() -> None:
    kernel = Mixture(terms=default_terms(MLP))
    assert similarity(MLP, kernel, mlp(380, 20), mlp(20, 380)) < 0.4


def test_one_row_holds_the_same_numbers_as_a_matrix() -> None:
    rng = np.random.default_rng(0)
    x = TRAINING.sample(rng.random((6, 3)))
    kernel = Mixture(terms=default_terms(TRAINING))
    whole = kernel.matrix(x, x, TRAINING)
    single = [kernel.matrix(x[[i]], x[[j]], TRAINING).item() for i in range(6) for j in range(6)]
    np.testing.assert_allclose(whole.ravel(), single, rtol=1e-15)
