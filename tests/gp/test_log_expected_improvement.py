"""The logarithm of the expected improvement."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from optuna_dnc.gp import expected_improvement
from optuna_dnc.gp.expected_improvement import log_expected_improvement


def test_it_is_the_logarithm_where_that_can_be_taken() -> None:
    mean, sd = np.linspace(-3, 3, 25), np.full(25, 0.7)
    expected = np.log(expected_improvement(mean, sd, best=0.2, xi=0.0))
    np.testing.assert_allclose(log_expected_improvement(mean, sd, 0.2), expected, rtol=1e-9)


@pytest.mark.parametrize("z", [-5.0, -15.0, -30.0])
def test_far_out_it_is_that_of_the_integral(z: float) -> None:
    scaled, _ = quad(lambda t: t * np.exp(-0.5 * t * t + z * t), 0, np.inf)
    expected = norm.logpdf(z) + np.log(scaled)
    assert log_expected_improvement(np.array([-z]), np.ones(1), 0.0) == pytest.approx(expected)


def test_it_stays_finite_and_in_order() -> None:
    mean = np.array([0.0, 1.0, 1e2, 1e4, 1e8, 1e100])
    values = log_expected_improvement(mean, np.ones(6), 0.0)
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) < 0)
