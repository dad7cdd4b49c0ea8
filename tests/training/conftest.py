"""Prepared data, small enough that an epoch takes milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optuna_dnc.data import PreparedData, Samples, load_dataset, prepare


@pytest.fixture(scope="session")
def digits() -> PreparedData:
    """Images of 1 x 8 x 8 pixels in ten classes: 480 to train, 120 to validate."""
    return prepare(load_dataset("digits", max_train=600), seed=0)


@pytest.fixture(scope="session")
def flat() -> PreparedData:
    """Three classes of eight features that a linear network can learn; n_train 240."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 8))
    y = (x @ rng.normal(size=(8, 3))).argmax(1)
    return prepare(load_dataset((x[:300], y[:300], x[300:], y[300:])), seed=0)


@pytest.fixture(scope="session")
def regression() -> PreparedData:
    """Targets of shape (N,), far from zero, linear in eight features; n_train 240."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 8))
    y = x @ rng.normal(size=8) * 5 + 100
    source = (x[:300], y[:300], x[300:], y[300:])
    return prepare(load_dataset(source, task="regression"), seed=0)


@pytest.fixture
def tiny_images(digits: PreparedData) -> PreparedData:
    """So many images that the last batch of 32 would hold a single one."""
    return replace(digits, train=Samples(digits.train.x[:65], digits.train.y[:65]))
