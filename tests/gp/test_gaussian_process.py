"""The surrogate beyond its oracle numbers."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from optuna_dnc import InputError
from optuna_dnc.gp import GaussianProcess, Mixture, Ramp
from optuna_dnc.space import SearchSpace

SPACE = SearchSpace({"x": FloatDistribution(0, 1)})
KERNEL = Mixture(terms=[Ramp("x")])


def surrogate(noise=1e-4):
    return GaussianProcess(kernel=KERNEL, space=SPACE, noise=noise)


def test_the_mean_is_taken_anew_at_each_fit() -> None:
    x = np.array([[0.0], [0.1]])
    process = surrogate().fit(x, np.array([1.0, 1.0]))
    refitted = process.fit(x, np.array([5.0, 7.0]))
    fresh = surrogate().fit(x, np.array([5.0, 7.0]))
    np.testing.assert_array_equal(refitted.predict(x)[0], fresh.predict(x)[0])
    assert refitted.predict(x)[0].mean() == pytest.approx(6.0, abs=1e-6)


def test_goes_through_the_observations_and_is_sure_there() -> None:
    x, y = np.array([[0.0], [0.5], [1.0]]), np.array([1.0, -1.0, 2.0])
    mean, sd = surrogate().fit(x, y).predict(x)
    np.testing.assert_allclose(mean, y, atol=1e-3)
    assert sd.max() < 0.011


def test_the_same_observation_many_times_over_is_no_problem_even_without_noise() -> None:
    mean, sd = surrogate(noise=0).fit(np.zeros((5, 1)), np.ones(5)).predict(np.zeros((1, 1)))
    assert mean.item() == pytest.approx(1.0)
    assert np.isfinite(sd).all()


def test_bad_use_is_named() -> None:
    with pytest.raises(InputError, match="fit"):
        surrogate().predict(np.zeros((1, 1)))
    with pytest.raises(InputError, match="finite"):
        surrogate().fit(np.zeros((2, 1)), np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="noise"):
        surrogate(noise=-1)
