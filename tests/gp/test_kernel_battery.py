"""What every kernel must be: symmetric, 1 on the diagonal, a covariance, blind to order."""

from __future__ import annotations

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc.gp import GrowthRamp, LayerRamp, Ramp, TotalRamp, default_terms
from optuna_dnc.space import Condition, SearchSpace
from optuna_dnc.testing import KernelContract

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


class TestRampOfEachParameter(KernelContract):
    space = ANY
    terms = default_terms(ANY)


class TestRampOfEachConditionalParameter(KernelContract):
    space = MLP
    terms = default_terms(MLP)


class TestRampThatIsInactiveInMostRows(KernelContract):
    space = MLP
    terms = (Ramp("width_3", root=4),)


class TestPublishedMLP(KernelContract):
    space = MLP
    terms = (TotalRamp("width"), Ramp("n_layers"))


class TestLayers(KernelContract):
    space = MLP
    terms = (LayerRamp("width"),)


class TestPublishedCNN(KernelContract):
    space = CNN
    terms = (GrowthRamp(),)


class TestLowestDecadeIsZero(KernelContract):
    space = ANY
    terms = (Ramp("lr", zero_below=1e-4),)
