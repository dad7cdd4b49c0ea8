"""The learning rate over the epochs: right for any number of them, and really set."""

from __future__ import annotations

import pytest
from torch import nn

from optuna_dnc.training import TrainingConfig, fit, learning_rate_factor
from optuna_dnc.training.adam import FusedAdam


@pytest.mark.parametrize(
    ("epochs", "factors"),
    [
        (1, [1]),  # the original trains a single epoch at 0.04 of the rate
        (2, [1, 0.2]),
        (3, [1, 1, 0.2]),
        (4, [1, 1, 0.2, 0.04]),
        (5, [1, 1, 1, 0.2, 0.04]),
        (100, [1] * 50 + [0.2] * 25 + [0.04] * 25),
    ],
)
def test_the_rate_is_cut_at_half_and_three_quarters(epochs, factors):
    assert [learning_rate_factor(done, epochs) for done in range(epochs)] == pytest.approx(factors)


@pytest.fixture
def steps(monkeypatch):
    """Learning rate and weight decay of every step that is taken."""
    taken = []
    step = FusedAdam.step

    def noted(adam):
        taken.append((adam.lr, adam.weight_decay))
        step(adam)

    monkeypatch.setattr(FusedAdam, "step", noted)
    return taken


@pytest.mark.parametrize(("epochs", "factors"), [(1, [1]), (4, [1, 1, 0.2, 0.04])])
def test_fit_trains_with_these_rates(flat, steps, epochs, factors):
    config = TrainingConfig(epochs=epochs, batch_size=120, lr=0.01)
    fit(nn.Linear(8, 3), flat, config, seed=0)
    twice = [factor for factor in factors for _ in range(2)]  # two batches an epoch
    assert [lr for lr, _ in steps] == pytest.approx([0.01 * factor for factor in twice])


def test_fit_passes_the_weight_decay_on(flat, steps):
    config = TrainingConfig(epochs=1, batch_size=256, weight_decay=0.003)
    fit(nn.Linear(8, 3), flat, config, seed=0)
    assert [decay for _, decay in steps] == [0.003]
