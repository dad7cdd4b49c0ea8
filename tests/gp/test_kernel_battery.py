"""What every kernel must be: symmetric, 1 on the diagonal, a covariance, blind to order."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc.gp import GrowthRamp, LayerRamp, Mixture, Ramp, TotalRamp, default_terms
from optuna_dnc.space import Condition, SearchSpace

MLP = SearchSpace(
    {
        "n_layers": IntDistribution(0, 4),
        **{f"width_{i}": IntDistribution(20, 400) for i in range(4)},
    },
    {f"width_{i}": Condition(parent="n_layers", above=i) for i in range(4)},
)
CNN = SearchSpace(
    {
        "n_layers": IntDistribution(1, 6),
        "channels": IntDistribution(16, 64),
        **{f"growth_{i}": FloatDistribution(1, 2) for i in range(1, 6)},
    },
    {f"growth_{i}": Condition(parent="n_layers", above=i) for i in range(1, 6)},
)
ANY = SearchSpace(
    {
        "optimizer": CategoricalDistribution(["adam", "sgd", "lamb"]),
        "momentum": FloatDistribution(0, 1),
        "lr": FloatDistribution(1e-5, 1e-1, log=True),
        "fixed": IntDistribution(3, 3),
    },
    {"momentum": Condition(parent="optimizer", choices=("sgd",))},
)
CASES = [
    pytest.param(ANY, default_terms(ANY), id="a ramp each"),
    pytest.param(MLP, default_terms(MLP), id="a ramp each, conditional"),
    pytest.param(MLP, [Ramp("width_3", root=4)], id="inactive in most rows"),
    pytest.param(MLP, [TotalRamp("width"), Ramp("n_layers")], id="published MLP"),
    pytest.param(MLP, [LayerRamp("width")], id="layers"),
    pytest.param(CNN, [GrowthRamp()], id="published CNN"),
    pytest.param(ANY, [Ramp("lr", zero_below=1e-4)], id="lowest decade is zero"),
]


@pytest.mark.parametrize(("space", "terms"), CASES)
def test_is_a_covariance(space, terms):
    rng = np.random.default_rng(0)
    x = space.activate(space.sample(rng.random((120, len(space.names)))))
    matrix = Mixture(terms=terms).matrix(x, x, space)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-15)
    np.testing.assert_allclose(np.diag(matrix), 1.0, rtol=1e-14)
    assert matrix.min() >= np.exp(-4.5) - 1e-12  # no distance exceeds omega
    assert matrix.max() <= 1 + 1e-12
    assert np.linalg.eigvalsh(matrix)[0] > -1e-10
    order = rng.permutation(len(x))
    shuffled = Mixture(terms=terms).matrix(x[order], x[order], space)
    np.testing.assert_allclose(shuffled, matrix[np.ix_(order, order)], rtol=1e-14)
    rectangle = Mixture(terms=terms).matrix(x[:7], x, space)
    np.testing.assert_allclose(rectangle, matrix[:7], rtol=1e-14)
