"""Training time per epoch."""

from __future__ import annotations

from optuna_dnc.objectives import cost_measure
from optuna_dnc.testing import CostContract
from optuna_dnc.training import Epoch, FitResult

NETWORK = CostContract.networks[0]


class TestTEpoch(CostContract):
    measure = cost_measure("t_epoch")


def test_it_is_the_median_without_the_first_epoch() -> None:
    seconds = (9.0, 1.0, 2.0, 4.0)
    epochs = [Epoch(i, 0.5, 0.5, 0.5, s, 0.1) for i, s in enumerate(seconds, start=1)]
    assert cost_measure("t_epoch").of(NETWORK, FitResult("classification", epochs)) == 2.0
