"""Counts of costs from a config, against the network that is built and run."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from optuna.distributions import BaseDistribution
from optuna.trial import BaseTrial
from pydantic import SerializeAsAny
from torch import nn

from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.objectives import NetworkSpec, cost_measure
from optuna_dnc.space import CallbackTrial, Column
from optuna_dnc.training import FitResult

SMALL: dict[str, dict[str, Any]] = {
    "mlp": {},
    "cnn": {"n_layers": (1, 5), "channels": (30, 80), "kernel_size": (1, 3)},
    "resnet": {"blocks": (1, 2), "channels": 4},
}


def drawn(family: NetworkFamily, seed: int) -> Any:
    rng = np.random.default_rng(seed)

    def answer(name: str, distribution: BaseDistribution) -> Any:
        column = Column(distribution)
        return column.decode(float(column.sample(rng.random(1))[0]))

    return family.suggest(CallbackTrial(answer))


class Uncounted(NetworkFamily):
    """Builds the same networks, to count what they have."""

    name = "uncounted"
    family: SerializeAsAny[NetworkFamily]

    def suggest_core(self, trial: BaseTrial) -> Any:
        return self.family.suggest_core(trial)

    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return self.family.build(config, input_shape, n_outputs)


@pytest.mark.parametrize("cost", ["macs", "bytes"])
@pytest.mark.parametrize("name", SMALL)
def test_counts_are_those_of_the_network(name: str, cost: str) -> None:
    family, fit = network_family(name, SMALL[name]), FitResult("classification")
    shape = (3, 17, 22)  # odd sides: pooling and strides round differently
    costs = []
    for seed in range(6):
        config = drawn(family, seed)
        counted, built = (
            cost_measure(cost).of(NetworkSpec(each, config, shape, 4), fit)
            for each in (family, Uncounted(family=family))
        )
        assert counted == built, config
        costs.append(counted)
    assert any(a != b for a, b in pairwise(costs))
