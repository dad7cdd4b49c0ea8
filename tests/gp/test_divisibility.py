"""Integers that must divide one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from optuna_dnc.gp.classification import classify, explained_share, fit_classifier, probability
from optuna_dnc.gp.divisibility import Divisibility
from optuna_dnc.gp.linear_trend import LinearTrend
from optuna_dnc.gp.mixture import KernelTerm
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.space import SearchSpace

RATE = FloatDistribution(1e-4, 1, log=True)
HEADS = {"width": IntDistribution(32, 256, step=8), "heads": IntDistribution(1, 12)}
CHOICES = {
    "width": IntDistribution(16, 512, step=16),
    "heads": CategoricalDistribution([1, 2, 3, 4, 6, 8, 12, 16]),
}
KERNEL = {"kernel": IntDistribution(1, 15), "lr": RATE}


def learned(
    space: SearchSpace, fails: Callable[[dict[str, Any]], bool], terms: Sequence[KernelTerm]
) -> tuple[float, float]:
    """Error at other configurations, and what leave-one-out predictions explain."""
    rng = np.random.default_rng(0)
    x, others = (space.sample(rng.random((n, len(space.names)))) for n in (40, 200))
    labels, expected = (
        np.array([fails(space.decode(row)) for row in rows]) for rows in (x, others)
    )
    kernel = SumKernel(space, terms)
    points = kernel.points(x)
    latent = classify(kernel, fit_classifier(kernel, points, labels), points, labels)
    error = np.mean(np.abs(probability(latent, kernel.points(others)) - expected))
    return float(error), explained_share(latent)


@pytest.mark.parametrize(
    ("distributions", "fails"),
    [
        (HEADS, lambda p: p["width"] % p["heads"] != 0),
        (CHOICES, lambda p: p["width"] % p["heads"] != 0),
        (KERNEL, lambda p: p["kernel"] % 2 == 0),
    ],
    ids=["heads", "choices", "odd kernels"],
)
def test_what_divides_is_learned(
    distributions: dict[str, BaseDistribution], fails: Callable[[dict[str, Any]], bool]
) -> None:
    space = SearchSpace(distributions)
    error, share = learned(space, fails, (LinearTrend(), Divisibility()))
    plain_error, plain_share = learned(space, fails, (LinearTrend(),))
    assert error < 0.1 < plain_error
    assert share > plain_share


def test_an_edge_is_better_explained_without() -> None:
    space = SearchSpace({name: IntDistribution(0, 12) for name in "abc"})

    def fails(params: dict[str, Any]) -> bool:
        return sum(params.values()) > 18

    _, share = learned(space, fails, (LinearTrend(), Divisibility()))
    _, plain_share = learned(space, fails, (LinearTrend(),))
    assert plain_share > share


def test_a_configuration_equals_itself_also_where_integers_are_inactive_or_zero() -> None:
    space = SearchSpace({"a": IntDistribution(0, 4), "b": IntDistribution(0, 4), "lr": RATE})
    x = np.array([[0.0, 0.0, 0.5], [np.nan, 0.5, 0.1], [1.0, np.nan, 0.2], [0.5, 1.0, 0.9]])
    similarities = Divisibility().matrix(x, x, space, 3.0)
    assert np.diag(similarities) == pytest.approx(np.ones(4))
    assert np.linalg.eigvalsh(similarities).min() > -1e-9


def test_only_integers_count() -> None:
    space = SearchSpace(
        {
            **HEADS,
            "lr": RATE,
            "flag": CategoricalDistribution([True, False]),
            "name": CategoricalDistribution(["a", "b"]),
            "half": CategoricalDistribution([0.5, 1.0]),
        }
    )
    assert Divisibility().covers(space) == {"width", "heads"}
