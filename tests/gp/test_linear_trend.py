"""Linear functions of parameters and of their logarithms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from scipy.stats import qmc

from optuna_dnc.gp.classification import classify, fit_classifier, probability
from optuna_dnc.gp.linear_trend import LinearTrend
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.space import SearchSpace

WIDE = IntDistribution(16, 512, step=16)
CHOICES = CategoricalDistribution([16, 32, 64, 128, 256])
LOGARITHMIC = FloatDistribution(1e-4, 1, log=True)


def error(space: SearchSpace, limit: float, terms: tuple[LinearTrend, ...]) -> float:
    """Mean error of probabilities that a product is above a limit, learned from 16 trials."""
    n = len(space.names)
    x = space.sample(qmc.Sobol(n, rng=0).random_base2(4))
    others = space.sample(np.random.default_rng(0).random((200, n)))
    raw = [np.array([list(space.decode(row).values()) for row in rows]) for rows in (x, others)]
    labels, expected = (np.prod(values, axis=1) > limit for values in raw)
    kernel = SumKernel(space, terms)
    points = kernel.points(x)
    latent = classify(kernel, fit_classifier(kernel, points, labels), points, labels)
    return float(np.mean(np.abs(probability(latent, kernel.points(others)) - expected)))


@pytest.mark.parametrize(
    ("distributions", "limit"),
    [
        ({"batch": IntDistribution(16, 256, step=16), "width": WIDE}, 8192),
        ({"layers": IntDistribution(1, 6), "batch": CHOICES, "width": WIDE}, 16384),
        ({name: FloatDistribution(0.01, 1) for name in "abc"}, 0.03),
    ],
)
def test_the_edge_of_a_product_is_known_beyond_the_trials(
    distributions: dict[str, BaseDistribution], limit: float
) -> None:
    space = SearchSpace(distributions)
    assert error(space, limit, (LinearTrend(),)) < 0.9 * error(space, limit, ())


def test_numbers_on_other_scales_and_as_choices_have_the_same_direction() -> None:
    space = SearchSpace({"width": IntDistribution(16, 256), "batch": CHOICES})
    low, middle, high = (space.encode([{"width": v, "batch": v}])[0] for v in (16, 64, 256))
    near = LinearTrend().matrix(np.stack([low]), np.stack([low, middle, high]), space, 3.0)[0]
    assert near[0] == pytest.approx(1.0)
    assert near[0] > near[1] > near[2]


def test_any_range_has_finite_similarities() -> None:
    space = SearchSpace(
        {
            "tiny": FloatDistribution(5e-324, 1e308, log=True),
            "wide": FloatDistribution(-1e308, 1.7e308),
            "huge": CategoricalDistribution([1, 10**400, math.inf]),
            "mixed": CategoricalDistribution([1, "a", None, True]),
            "log": LOGARITHMIC,
        }
    )
    x = space.sample(np.random.default_rng(0).random((6, 5)))
    x[0, 4] = x[1, 2] = x[2, 0] = np.nan
    similarities = LinearTrend().matrix(x, x, space, 3.0)
    assert np.all(np.isfinite(similarities))
    assert np.diag(similarities) == pytest.approx(1.0)
