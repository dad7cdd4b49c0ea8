"""Matern kernels added block by block, and factors that are extended."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from optuna_dnc.gp import Ramp
from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.linalg import extended
from optuna_dnc.gp.matern import MaternColumns
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import Condition, SearchSpace

BRANCHES = SearchSpace(
    {
        "model": CategoricalDistribution(["svm", "forest"]),
        "c": FloatDistribution(0, 1),
        "depth": FloatDistribution(0, 1),
    },
    {
        "c": Condition(parent="model", choices=("svm",)),
        "depth": Condition(parent="model", choices=("forest",)),
    },
)


def rows(n, seed=0):
    uniform = np.random.default_rng(seed).random((n, 3))
    return BRANCHES.activate(BRANCHES.sample(uniform))


def matern(a, b):
    r = np.linalg.norm(a - b)
    return (1 + np.sqrt(5) * r + 5 / 3 * r * r) * np.exp(-np.sqrt(5) * r)


def typical(kernel):
    prior = Prior.standard(3, kernel.features.sizes, len(kernel.terms))
    return Hyperparameters.from_logarithms(prior.means, 3, len(kernel.parts))


def test_matern_is_added_to_what_is_there_in_every_block() -> None:
    a, b = (np.random.default_rng(seed).random((n, 2)) for seed, n in ((0, 700), (1, 90)))
    total = np.ones((700, 90))
    MaternColumns(b, 0.3, None).add_to(total, a, None)
    exact = [[1 + 0.3 * matern(one, other) for other in b] for one in a]
    np.testing.assert_allclose(total, exact, rtol=1e-12)


def test_weights_scale_rows_and_columns_and_0_adds_nothing() -> None:
    a, b = (np.random.default_rng(seed).random((n, 2)) for seed, n in ((0, 4), (1, 3)))
    weights = np.array([0.0, 1.0, 0.5, 0.0]), np.array([1.0, 0.0, 0.25])
    total = np.zeros((4, 3))
    MaternColumns(b, 2.0, weights[1][:, None]).add_to(total, a, weights[0][:, None])
    exact = [
        [2 * v * w * matern(one, other) for other, w in zip(b, weights[1], strict=True)]
        for one, v in zip(a, weights[0], strict=True)
    ]
    np.testing.assert_allclose(total, exact, rtol=1e-12)


def test_the_kernel_is_the_sum_of_its_parts_also_at_low_budgets() -> None:
    kernel = SumKernel(BRANCHES, (Ramp("c"),), budgets=True)
    theta, x = typical(kernel), rows(9)
    below = np.tile([0.0, 0.5, 1.0], 3)
    points = kernel.points(x, below)
    matrix = kernel.matrix(points, kernel.columns(points, theta))
    [ramp] = kernel.term_matrices(points, points)
    for i, j in product(range(9), repeat=2):
        total = theta.variances[-1] * ramp[i, j]
        for t, part in enumerate(kernel.parts):
            numbers = kernel.features.coordinates(part)
            scale = theta.lengthscales[kernel.features.owners[numbers]] * theta.stretches[t]
            member = points.members[t]
            same = 1.0 if member is None else member[i] @ member[j]
            a, b = (points.coordinates[k, numbers] / scale for k in (i, j))
            total += theta.variances[t] * same * matern(a, b)
        assert matrix[i, j] == pytest.approx(total)


def test_a_surrogate_that_extends_another_predicts_as_if_built_at_once() -> None:
    kernel = SumKernel(BRANCHES)
    theta, x, y = typical(kernel), rows(30), np.random.default_rng(1).standard_normal(30)
    points, noise, asked = kernel.points(x), np.linspace(0, 0.1, 30), kernel.points(rows(20, 2))
    base = Surrogate(kernel, theta, points[:21], np.zeros(21), noise[:21])
    later = Surrogate(kernel, theta, points, y, noise, base=base)
    whole = Surrogate(kernel, theta, points, y, noise)
    np.testing.assert_allclose(later.predict(asked), whole.predict(asked), atol=1e-9)
    np.testing.assert_allclose(later.leave_one_out, whole.leave_one_out, atol=1e-9)


def test_pending_configurations_count_with_what_is_expected_of_them() -> None:
    kernel = SumKernel(BRANCHES)
    theta, x, y = typical(kernel), rows(12), np.random.default_rng(1).standard_normal(12)
    surrogate, pending = Surrogate(kernel, theta, kernel.points(x), y), rows(3, 1)
    expected, _ = surrogate.predict(kernel.points(pending))
    whole = kernel.points(np.concatenate([x, pending]))
    exact = Surrogate(kernel, theta, whole, np.concatenate([y, expected]))
    asked = kernel.points(rows(20, 2))
    found = surrogate.with_pending(pending).predict(asked)
    np.testing.assert_allclose(found, exact.predict(asked), atol=1e-9)


def test_a_factor_can_be_extended_by_a_copy_of_what_is_known() -> None:
    covariance = np.array([[1.0, 0.5], [0.5, 1.0]])
    lower = extended(np.linalg.cholesky(covariance), covariance[:, :1], covariance[:1, :1])
    rank_two = np.array([[1.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]])
    np.testing.assert_allclose(lower @ lower.T, rank_two, atol=1e-8)
