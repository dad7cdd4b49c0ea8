"""Targets of a regression as a network learns them: numbers or logarithms."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.checks.targets import check_targets
from optuna_dnc.data import Dataset, Preprocessing
from optuna_dnc.data.target_scaling import suits_log

N = 200
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
PRICES = np.exp(RNG.normal(3, 1, N))


def fitted(y: np.ndarray, transform: Any = "log") -> Preprocessing:
    data = Dataset("made", X, y, X[:0], y[:0], "regression")
    return Preprocessing.fit(data, np.arange(N), target_transform=transform)


def test_logarithms_are_standardized_and_undone() -> None:
    prices = fitted(PRICES)
    z = prices.encode_targets(PRICES)
    assert z.shape == (N, 1)
    assert float(z.mean()) == pytest.approx(0, abs=1e-6)
    assert float(z.std(correction=0)) == pytest.approx(1, abs=1e-6)
    assert prices.decode(z) == pytest.approx(PRICES, rel=1e-5)


def test_statistics_in_the_unit_stay_known() -> None:
    assert fitted(PRICES).y_divisor == fitted(PRICES, "none").y_divisor == PRICES.std()


def test_predictions_stay_near_the_range_of_training() -> None:
    prices = fitted(PRICES)
    beyond = np.exp(np.log(PRICES).std())
    low, high = prices.decode(torch.tensor([[-50.0], [50.0]]))
    assert low == pytest.approx(PRICES.min() / beyond)
    assert high == pytest.approx(PRICES.max() * beyond)


def test_outputs_relative_to_the_spread_of_the_targets() -> None:
    z = fitted(PRICES).encode_targets(PRICES).double().numpy()
    relative = fitted(PRICES).targets.relative(z)
    assert relative[:, 0] == pytest.approx((PRICES - PRICES.mean()) / PRICES.std(), abs=1e-4)
    plain = fitted(PRICES, "none").targets
    assert plain.relative(z) is z


def test_a_constant_target_beside_another_stays_a_number() -> None:
    y = np.stack([PRICES, np.full(N, 7.0)], axis=1)
    both = fitted(y)
    assert [log is None for log in both.y_logs] == [False, True]
    assert both.decode(both.encode_targets(y)) == pytest.approx(y, rel=1e-5)


def test_they_go_through_json() -> None:
    prices = fitted(np.stack([PRICES, np.full(N, 7.0)], axis=1))
    assert Preprocessing.from_dict(json.loads(json.dumps(prices.to_dict()))) == prices
    older = fitted(PRICES, "none").to_dict()
    del older["y_logs"]
    assert Preprocessing.from_dict(older) == fitted(PRICES, "none")


def test_targets_without_a_logarithm_are_refused() -> None:
    with pytest.raises(InputError, match="'log' needs targets above 0, but made has -3"):
        fitted(np.r_[PRICES[1:], -3])
    with pytest.raises(InputError, match="needs targets above 0, but y has 0"):
        fitted(PRICES).encode_targets(np.zeros(3))


@pytest.mark.parametrize(
    ("y", "suits"),
    [
        (PRICES, True),
        (RNG.gamma(2, 3, N), True),
        (np.stack([PRICES, 10 + RNG.normal(size=N)], axis=1), False),
        (10 + RNG.normal(size=N), False),
        (RNG.uniform(1, 2, N), False),
        (1e6 + PRICES, False),
        (PRICES - PRICES.min(), False),
        (-PRICES, False),
        (np.full(N, 3.0), False),
        (PRICES[:1], False),
    ],
    ids=[
        "log-normal",
        "gamma",
        "one of two",
        "normal",
        "uniform",
        "far from 0",
        "with 0",
        "negative",
        "constant",
        "single",
    ],
)
def test_positive_skewed_targets_suit_logarithms(y: np.ndarray, suits: bool) -> None:
    assert suits_log(y) is suits


def test_the_check_of_data_says_what_can_be_learned_as_logarithms() -> None:
    data = Dataset("made", X, PRICES, X[:0], PRICES[:0], "regression")
    assert "--target-transform log" in check_targets(data).seen
    turned = replace(data, y_train=-PRICES, y_test=PRICES[:0])
    assert "skewed" not in check_targets(turned).seen
