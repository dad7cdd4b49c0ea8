"""Hyperparameters that explain the losses about as well as the best ones."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from optuna_dnc.gp.fit import fit_hyperparameters
from optuna_dnc.gp.laplace import Laplace
from optuna_dnc.gp.posterior import NegativeLogPosterior, posterior
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.space import SearchSpace

N_DRAWS = 400


def fitted(n: int) -> tuple[NegativeLogPosterior, Laplace]:
    """Of losses that depend on ``x`` alone; ``idle`` is a parameter that nothing depends on."""
    space = SearchSpace({"x": FloatDistribution(0, 1), "idle": FloatDistribution(0, 1)})
    rng = np.random.default_rng(0)
    x = rng.random((n, 2))
    y = np.sin(6 * x[:, 0]) + 0.05 * rng.standard_normal(n)
    kernel = SumKernel(space)
    data = kernel, kernel.points(x), (y - y.mean()) / y.std(), np.zeros(n)
    return posterior(*data), fit_hyperparameters(*data)


def draws(laplace: Laplace) -> np.ndarray:
    """Logarithms, (draws, P)."""
    rng = np.random.default_rng(1)
    drawn = [laplace.draw(rng) for _ in range(N_DRAWS)]
    return np.log([[*d.lengthscales, *d.stretches, *d.variances, d.noise] for d in drawn])


@pytest.mark.parametrize("n", [8, 30])
def test_the_density_falls_from_the_best_as_that_of_a_normal_distribution(n: int) -> None:
    density, laplace = fitted(n)
    best = laplace.best
    u = np.log([*best.lengthscales, *best.stretches, *best.variances, best.noise])
    loss = np.array([density(drawn)[0] for drawn in draws(laplace)]) - density(u)[0]
    # Of P normal coordinates half the sum of squares is expected to be P / 2.
    assert np.median(loss) == pytest.approx(len(u) / 2, rel=0.25)


def test_more_observations_leave_less_doubt_about_the_noise() -> None:
    few, many = (draws(fitted(n)[1])[:, -1].std() for n in (8, 40))
    assert many < 0.5 * few
