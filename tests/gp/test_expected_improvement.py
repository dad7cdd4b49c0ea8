"""The acquisition function at its edges."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc.gp import expected_improvement


def test_zero_spread_gives_the_whole_gain() -> None:
    """The original halves it."""
    gains = expected_improvement([0.2, 0.9], [0.0, 0.0], best=0.5, xi=0.1)
    np.testing.assert_allclose(gains, [0.2, 0.0], atol=1e-15)


def test_is_continuous_at_zero_spread() -> None:
    tiny = expected_improvement([0.2, 0.9], [1e-12, 1e-12], best=0.5, xi=0.1)
    np.testing.assert_allclose(tiny, [0.2, 0.0], atol=1e-9)


def test_nan_never_wins() -> None:
    gains = expected_improvement([np.nan, 5.0, 1.0], [1.0, 0.0, np.nan], best=0.0)
    assert gains.argmax() == 1
    assert gains[0] == gains[2] == -np.inf


def test_is_never_negative_however_bad_the_prediction() -> None:
    gains = expected_improvement(np.linspace(0, 1e6, 1000), np.full(1000, 1e-3), best=0.0)
    assert gains.min() >= 0


def test_monte_carlo_agrees() -> None:
    draws = np.random.default_rng(0).normal(0.3, 0.5, 400_000)
    exact = expected_improvement(0.3, 0.5, best=0.1, xi=0.05)
    assert exact == pytest.approx(np.maximum(0.1 - 0.05 - draws, 0).mean(), abs=2e-3)
