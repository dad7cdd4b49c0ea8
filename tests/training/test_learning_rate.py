"""The learning rate over the epochs: right for any number of them, and really set."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.training import TrainingConfig, fit, learning_rate_factor
from optuna_dnc.training.optimizers import FusedAdam
from optuna_dnc.training.schedules import (
    cosine_factor,
    first_period,
    restarted_cosine_factor,
)


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
def test_the_rate_is_cut_at_half_and_three_quarters(epochs: int, factors: list[Any]) -> None:
    assert [learning_rate_factor(done, epochs) for done in range(epochs)] == pytest.approx(factors)


def test_the_cosine_goes_from_the_whole_rate_to_none() -> None:
    factors = [cosine_factor(done, 4) for done in (0, 1, 2, 3, 4)]
    assert factors == pytest.approx([1, 0.8535534, 0.5, 0.1464466, 0])


@pytest.mark.parametrize(
    ("period", "factor", "restarts"),
    [
        (10, 1, [10, 20, 30, 990]),
        (10, 2, [10, 30, 70, 10 * 1023]),
        (1, 3, [1, 4, 13, 40, 121]),
        (0.1, 1.5, [0.1, 0.25, 0.475]),
        (7, 1.0001, [7, 7 * 2.0001]),
    ],
)
def test_every_restart_is_at_the_whole_rate_and_ends_at_none(
    period: float, factor: float, restarts: list[Any]
) -> None:
    start, length = 0.0, period
    for end in restarts:
        assert restarted_cosine_factor(end, period, factor) == pytest.approx(1, abs=1e-9)
        assert restarted_cosine_factor(end * (1 - 1e-6), period, factor) < 1e-3
    for end in restarts[:2]:
        assert restarted_cosine_factor((start + end) / 2, period, factor) == pytest.approx(0.5)
        start, length = end, length * factor


def test_restarts_cost_the_same_however_many_there_were() -> None:
    assert 0 <= restarted_cosine_factor(1e6 + 0.3, 1e-6, 1) <= 1
    assert 0 <= restarted_cosine_factor(1e6 + 0.3, 1e-6, 1.0000001) <= 1


@pytest.mark.parametrize(("n_periods", "factor"), [(1, 2), (3, 1), (4, 2), (3, 1.5)])
def test_the_periods_fill_the_training(n_periods: int, factor: float) -> None:
    period = first_period(27, n_periods, factor)
    assert sum(period * factor**i for i in range(n_periods)) == pytest.approx(27)
    assert restarted_cosine_factor(27 - 1e-6, period, factor) < 1e-6


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Learning rate and weight decay of every step that is taken."""
    taken: list[tuple[float, float]] = []
    step = FusedAdam.step

    def noted(adam):
        taken.append((adam.lr, adam.weight_decay))
        step(adam)

    monkeypatch.setattr(FusedAdam, "step", noted)
    return taken


@pytest.mark.parametrize(("epochs", "factors"), [(1, [1]), (4, [1, 1, 0.2, 0.04])])
def test_fit_trains_with_these_rates(
    flat: PreparedData, steps: list[tuple[float, float]], epochs: int, factors: list[Any]
) -> None:
    config = TrainingConfig(epochs=epochs, batch_size=120, lr=0.01)
    fit(nn.Linear(8, 3), flat, config, seed=0)
    twice = [factor for factor in factors for _ in range(2)]  # two batches an epoch
    assert [lr for lr, _ in steps] == pytest.approx([0.01 * factor for factor in twice])


def test_fit_passes_the_weight_decay_on(
    flat: PreparedData, steps: list[tuple[float, float]]
) -> None:
    config = TrainingConfig(epochs=1, batch_size=256, weight_decay=0.003)
    fit(nn.Linear(8, 3), flat, config, seed=0)
    assert [decay for _, decay in steps] == [0.003]


def test_a_cosine_changes_the_rate_in_every_batch(
    flat: PreparedData, steps: list[tuple[float, float]]
) -> None:
    config = TrainingConfig(epochs=2, batch_size=60, lr=0.01, schedule="cosine")
    fit(nn.Linear(8, 3), flat, config, seed=0)
    assert [lr for lr, _ in steps] == pytest.approx(
        [0.01 * cosine_factor(batch / 4, 2) for batch in range(8)]
    )


def test_a_constant_rate_is_warmed_up_over_the_first_epoch(
    flat: PreparedData, steps: list[tuple[float, float]]
) -> None:
    config = TrainingConfig(epochs=3, batch_size=60, lr=0.01, schedule="constant")
    fit(nn.Linear(8, 3), flat, config, seed=0)
    warm = [0.1, 0.325, 0.55, 0.775]
    assert [lr for lr, _ in steps] == pytest.approx([0.01 * f for f in (*warm, *[1] * 8)])


def test_a_constant_rate_does_not_depend_on_the_number_of_epochs() -> None:
    short, long = (TrainingConfig(epochs=n, schedule="constant") for n in (2, 90))
    assert [short.lr_after(done / 2) for done in range(5)] == [
        long.lr_after(done / 2) for done in range(5)
    ]


def test_a_cosine_restarts_where_it_is_told(
    flat: PreparedData, steps: list[tuple[float, float]]
) -> None:
    config = TrainingConfig(
        epochs=3,
        batch_size=120,
        lr=0.01,
        schedule="cosine-restarts",
        restart_period=1,
        restart_factor=2,
    )
    fit(nn.Linear(8, 3), flat, config, seed=0)
    assert [lr / 0.01 for lr, _ in steps] == pytest.approx(
        [cosine_factor(done, period) for period in (1, 2) for done in _halves(period)]
    )


def _halves(period):
    return [half / 2 for half in range(2 * period)]
