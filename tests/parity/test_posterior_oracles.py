"""Posterior and expected improvement against the numbers of the published formulas."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from optuna_dnc.gp import GaussianProcess, Mixture, Ramp, expected_improvement
from optuna_dnc.space import SearchSpace

SPACE = SearchSpace(
    {
        "lr": FloatDistribution(1e-5, 1e-1, log=True),
        "weight_decay": FloatDistribution(1e-6, 1e-3, log=True),
        "batch_size": IntDistribution(32, 512),
    }
)
OBSERVED = [
    (1e-3, 0, 256),
    (1e-2, 1e-5, 128),
    (1e-4, 1e-4, 400),
    (3e-2, 1e-3, 64),
    (5e-4, 3e-5, 320),
]
LOSSES = np.array([-1.0, -0.7, -0.9, -0.3, -1.1])
# The lowest decade of weight decay means 0, which stands at the lowest exponent.
KERNEL = Mixture(terms=[Ramp("lr"), Ramp("weight_decay", zero_below=1e-5), Ramp("batch_size")])


def rows(configurations):
    return SPACE.encode([dict(zip(SPACE.names, c, strict=True)) for c in configurations])


@pytest.mark.parametrize(
    ("configuration", "mean", "sd", "improvement"),
    [
        ((2e-3, 1e-5, 200), -0.9533378661, 0.1306034202, 0.0085495358),
        ((7e-4, 0, 300), -1.0447123114, 0.0976802883, 0.0173770352),
    ],
)
def test_posterior_and_expected_improvement(
    configuration: tuple[float, ...], mean: float, sd: float, improvement: float
) -> None:
    surrogate = GaussianProcess(kernel=KERNEL, space=SPACE, noise=1e-4).fit(rows(OBSERVED), LOSSES)
    means, sds = surrogate.predict(rows([configuration]))
    gains = expected_improvement(means, sds, best=LOSSES.min(), xi=1e-4)
    assert means.item() == pytest.approx(mean, abs=1e-9)
    assert sds.item() == pytest.approx(sd, abs=1e-9)
    assert gains.item() == pytest.approx(improvement, abs=1e-9)
