"""Normalization of features and targets that are constant, far from zero or of extreme scale."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc.data import Preprocessing, load_dataset

RNG = np.random.default_rng(0)


def fitted(column: Any) -> Preprocessing:
    """On this feature, beside another one."""
    x = beside_another(column)
    labels = np.arange(len(x)) % 2
    return Preprocessing.fit(load_dataset((x, labels)), np.arange(len(x)))


def beside_another(column: Any) -> np.ndarray:
    column = np.asarray(column)
    other = np.random.default_rng(1).integers(0, 9, len(column)).astype(column.dtype)
    return np.column_stack([other, column])


def normalized(column: Any) -> np.ndarray:
    preprocessing = fitted(column)
    return preprocessing.transform(beside_another(column))[:, 1].numpy()


@pytest.mark.parametrize(
    "column",
    [
        np.full(300, 1712345678912345678),
        np.full(300, 1e30),
        np.full(300, -1e-300),
        np.full(400_000, 1712345678912),
        np.full(300, 2**64 - 1, dtype=np.uint64),
        np.full(300, 0.1, dtype=np.float32),
        np.full(300, 65504, dtype=np.float16),
    ],
    ids=["nanoseconds", "1e30", "-1e-300", "milliseconds", "uint64", "float32", "float16"],
)
def test_constant_features_become_exactly_zero(column: np.ndarray) -> None:
    assert not normalized(column).any()


@pytest.mark.parametrize(
    "values",
    [
        [0.3, 0.1 * 3],
        [1.0, sum([0.1] * 10)],
        [-1.21, -1.1 * 1.1],
        np.array([1.0, 1.0 + 2**-23], dtype=np.float32),
        1712345678912345678 + np.array([0, 100]),
    ],
    ids=["0.3", "1", "-1.21", "float32", "nanoseconds"],
)
def test_a_spread_within_rounding_is_none(values: Any) -> None:
    column = np.tile(np.asarray(values), 150)
    assert len(set(column.tolist())) == 2
    assert not normalized(column).any()


def test_a_feature_that_was_constant_in_training_stays_zero_whatever_comes() -> None:
    column = np.tile([0.3, 0.1 * 3], 150)
    preprocessing = fitted(column)
    later = preprocessing.transform(beside_another(1.03 * column))
    assert not later[:, 1].any()
    assert later[:, 0].any()


@pytest.mark.parametrize(
    "column",
    [
        1712345678912345 + RNG.integers(0, 1000, 40_000),
        1.7e9 + RNG.random(400),
        1e14 + RNG.integers(0, 9, 400),
        RNG.normal(size=400) * 1e-200,
        RNG.normal(size=400) * 1e-40,
        np.float32(1e38) * RNG.uniform(-1, 1, 400),
        16_777_216 + 2 * RNG.integers(0, 100, 400).astype(np.float32),
    ],
    ids=["microseconds", "seconds", "whole", "1e-200", "1e-40", "1e38", "float32"],
)
def test_small_spreads_and_extreme_scales_are_kept(column: np.ndarray) -> None:
    got = normalized(column).astype(np.float64)
    assert abs(got.mean()) < 1e-2
    assert abs(got.std() - 1) < 1e-2
    assert np.array_equal(np.argsort(got, kind="stable"), np.argsort(column, kind="stable"))


def test_a_constant_channel_of_images_becomes_zero() -> None:
    images = RNG.integers(0, 256, (40, 2, 6, 6), dtype=np.uint8)
    images[:, 1] = 77
    preprocessing = Preprocessing.fit(load_dataset((images, np.arange(40) % 2)), np.arange(40))
    images[:, 1] = 200
    got = preprocessing.transform(images)
    assert not got[:, 1].any()
    assert abs(got[:, 0].mean()) < 1e-5


@pytest.mark.parametrize("unit", [1e-200, 1e-40, 1.0, 1e40, 1e200])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_targets_of_any_scale_are_standardized_and_come_back(unit: float, offset: float) -> None:
    y = (RNG.normal(size=200) + offset) * unit
    data = load_dataset((RNG.normal(size=(200, 2)), y))
    assert data.task == "regression"
    preprocessing = Preprocessing.fit(data, np.arange(200))
    encoded = preprocessing.encode_targets(y)
    assert torch.allclose(encoded.std(0, correction=0), torch.ones(1), atol=1e-5)
    assert np.allclose(preprocessing.decode(encoded), y, rtol=1e-5, atol=1e-6 * unit)


def test_a_target_that_is_constant_in_the_training_part_is_predicted_exactly() -> None:
    y = np.column_stack([np.full(40, 7e-9), RNG.normal(size=40)])
    y[30:, 0] = 1.0
    preprocessing = Preprocessing.fit(load_dataset((np.eye(40), y)), np.arange(30))
    assert not preprocessing.encode_targets(y[:30])[:, 0].any()
    answers = preprocessing.decode(torch.full((5, 2), 0.01))
    assert (answers[:, 0] == 7e-9).all()


def test_statistics_of_older_versions_are_read() -> None:
    saved = json.loads(json.dumps(fitted(RNG.normal(size=40)).to_dict()))
    del saved["x_constant"], saved["feature_names"], saved["x_clipped"]
    older = Preprocessing.from_dict(saved)
    assert older.x_constant == older.x_clipped == ()
    assert older.feature_names is None
