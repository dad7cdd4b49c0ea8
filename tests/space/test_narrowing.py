"""Distributions without the values that do not fit."""

from __future__ import annotations

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from optuna_dnc.search.limits.cut_space import between, fitting


@pytest.mark.parametrize(
    ("distribution", "least", "most", "expected"),
    [
        (IntDistribution(20, 400), 0, 66.5, IntDistribution(20, 66)),
        (IntDistribution(20, 400, step=10), 0, 66.5, IntDistribution(20, 60, step=10)),
        (IntDistribution(1, 10_000, log=True), 0, 4321, IntDistribution(1, 4321, log=True)),
        (IntDistribution(0, 9), 2, 5, IntDistribution(2, 5)),
        (IntDistribution(20, 400), 0, 400, IntDistribution(20, 400)),
        (IntDistribution(20, 400), 0, 20, IntDistribution(20, 20)),
        (IntDistribution(20, 400), 0, 7, IntDistribution(20, 400)),
        (CategoricalDistribution((1, 7, 3)), 0, 3, CategoricalDistribution((1, 3))),
        (CategoricalDistribution((1, 7)), 0, 0.5, CategoricalDistribution((1, 7))),
    ],
)
def test_it_keeps_what_fits_or_everything(
    distribution: BaseDistribution, least: float, most: float, expected: BaseDistribution
) -> None:
    assert fitting(distribution, lambda value: least <= value <= most) == expected


@pytest.mark.parametrize("log", [False, True])
def test_the_end_of_a_continuous_range_fits_and_is_close(log: bool) -> None:
    found = fitting(FloatDistribution(1.0, 3.0, log=log), lambda value: value <= 1.7)
    assert isinstance(found, FloatDistribution)
    assert 1.6999 < found.high <= 1.7
    assert (found.low, found.log) == (1.0, log)


def test_a_range_without_values_in_between_stays() -> None:
    distribution = IntDistribution(5, 9)
    assert between(distribution, 1, 3) is distribution
    assert between(distribution, 7, 20) == IntDistribution(7, 9)
