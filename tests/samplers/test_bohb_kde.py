"""The density estimates of BOHB, against SciPy and by integration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import truncnorm

from optuna_dnc.samplers.bohb.kde import ProductKDE, imputed


def kde_of(points, n_choices, min_bandwidth=1e-3):
    return ProductKDE(
        np.array(points, dtype=float), np.array(n_choices, dtype=np.intp), min_bandwidth
    )


@pytest.fixture
def mixed() -> ProductKDE:
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.random((9, 2)), rng.integers(3, size=9)])
    return kde_of(points, [0, 0, 3])


def test_the_bandwidth_of_numbers_is_the_normal_reference_rule() -> None:
    points = np.random.default_rng(1).random((20, 3))
    expected = 1.06 * points.std(axis=0) * 20 ** (-1 / 7)
    assert kde_of(points, [0, 0, 0]).bandwidths == pytest.approx(expected)


def test_the_bandwidth_of_choices_ignores_their_order() -> None:
    few = kde_of([[0.0]] * 3 + [[1.0]] * 5, [3]).bandwidths
    assert few == pytest.approx(kde_of([[0.0]] * 3 + [[2.0]] * 5, [3]).bandwidths)
    assert few == pytest.approx(1.06 * np.std([0] * 3 + [1] * 5) * 8 ** (-1 / 5))


def test_bandwidths_have_bounds() -> None:
    same = kde_of([[0.5, 1.0]] * 4, [0, 2], min_bandwidth=0.01)
    assert same.bandwidths == pytest.approx([0.01, 0.01])
    assert kde_of([[0.0], [1.0]], [2]).bandwidths == pytest.approx([min(0.53 * 2**-0.2, 0.5)])


def test_density_against_scipy(mixed: ProductKDE) -> None:
    x = np.array([0.2, 0.9, 1.0])
    h = mixed.bandwidths
    total = 0.0
    for point in mixed.points:
        factor = 1 - h[2] if point[2] == 1 else h[2] / 2
        for j in range(2):
            ends = (0 - point[j]) / h[j], (1 - point[j]) / h[j]
            factor *= truncnorm.pdf(x[j], *ends, loc=point[j], scale=h[j])
        total += factor / len(mixed.points)
    assert mixed.log_density(x[None])[0] == pytest.approx(np.log(total))


def test_the_density_integrates_to_one(mixed: ProductKDE) -> None:
    grid = (np.arange(100) + 0.5) / 100
    x = np.array(list(itertools.product(grid, grid, range(3))))
    assert np.exp(mixed.log_density(x)).sum() / 100**2 == pytest.approx(1, abs=1e-3)


def test_draws_follow_the_density(mixed: ProductKDE) -> None:
    draws = mixed.sample(np.random.default_rng(2), 40_000, factor=1.0)
    grid = (np.arange(400) + 0.5) / 400
    x = np.array(list(itertools.product(grid, [0.5], range(3))))
    marginal = kde_of(mixed.points[:, [0, 2]], [0, 3])
    object.__setattr__(marginal, "bandwidths", mixed.bandwidths[[0, 2]])
    weights = np.exp(marginal.log_density(x[:, [0, 2]]))
    expected = (weights * x[:, 0]).sum() / weights.sum()
    assert draws[:, 0].mean() == pytest.approx(expected, abs=0.01)
    assert draws[:, :2].min() >= 0
    assert draws[:, :2].max() <= 1
    assert set(draws[:, 2]) == {0, 1, 2}


def test_a_larger_factor_widens_numbers_only() -> None:
    kde = kde_of([[0.5, 0.0], [0.51, 0.0], [0.49, 1.0]], [0, 2])
    h, spread = kde.bandwidths[0], kde.points[:, 0].var()
    for factor in (1.0, 3.0):
        draws = kde.sample(np.random.default_rng(0), 20_000, factor=factor)
        assert np.sqrt(draws[:, 0].var() - spread) == pytest.approx(factor * h, rel=0.02)
        assert draws[:, 1].mean() == pytest.approx(1 / 3 + kde.bandwidths[1] / 6, abs=0.01)


def test_a_point_far_from_all_others_has_a_finite_log_density() -> None:
    far = kde_of([[0.0]] * 5, [0], min_bandwidth=1e-3).log_density(np.array([[1.0]]))
    assert np.isfinite(far).all()


def test_missing_values_come_together_from_one_row_that_has_them() -> None:
    rows = np.array([[0.1, np.nan, np.nan], [0.2, 0.3, 2.0], [0.4, 0.5, 1.0]])
    n_choices = np.array([0, 0, 3])
    for seed in range(10):
        filled = imputed(rows, n_choices, np.random.default_rng(seed))
        assert tuple(filled[0, 1:]) in {(0.3, 2.0), (0.5, 1.0)}
        assert filled[0, 0] == 0.1
        assert np.array_equal(filled[1:], rows[1:])


def test_what_no_row_has_is_drawn_uniformly() -> None:
    rows = np.full((50, 2), np.nan)
    filled = imputed(rows, np.array([0, 3]), np.random.default_rng(0))
    assert set(filled[:, 1]) == {0, 1, 2}
    assert 0.2 < filled[:, 0].std() < 0.4
