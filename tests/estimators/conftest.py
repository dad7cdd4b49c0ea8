"""The cheapest search that still runs every stage and learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optuna_dnc import DNCClassifier, DNCRegressor, InputError

SMALL: dict[str, Any] = {
    "epochs": 8,
    "n_startup_trials": 1,
    "n_steps": 0,
    "space": {"n_layers": 1, "width": (16, 32), "core_dropout": 0.0, "refinements": ()},
    "training_space": {"lr": 0.01, "batch_size": 16, "weight_decay": 1e-6},
    "batch_size": 16,
    "lr": 0.01,
    "device": "cpu",
}


def classifier(**changes: Any) -> DNCClassifier:
    return DNCClassifier(**{**SMALL, "random_state": 0, **changes})


def regressor(**changes: Any) -> DNCRegressor:
    return DNCRegressor(**{**SMALL, "random_state": 0, **changes})


def refused(model: Any, x: Any, y: Any, *said: str, error: type[Exception] = InputError) -> None:
    with pytest.raises(error) as caught:
        model.fit(x, y)
    message = str(caught.value)
    assert all(words in message for words in said), message
    assert "xtr" not in message
    assert "ytr" not in message


@pytest.fixture(scope="session")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Three classes of four features that a small network can tell apart."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    return rng.normal(size=(120, 4)) * 0.5 + y[:, None], y


@pytest.fixture(scope="session")
def line() -> tuple[np.ndarray, np.ndarray]:
    """A target far from zero, linear in four features."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    return x, x @ np.array([3.0, -2.0, 1.0, 0.0]) + 100
