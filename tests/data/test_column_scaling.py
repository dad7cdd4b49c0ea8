"""Scaling of the columns of tables by what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optuna_dnc.data import Preprocessing, Scaling, load_dataset, prepare

RNG = np.random.default_rng(0)

HEAVY = RNG.standard_t(2, 400)


def fitted(x: np.ndarray, scaling: Scaling = "by-kind") -> Preprocessing:
    dataset = load_dataset((x, np.arange(len(x)) % 2))
    return Preprocessing.fit(dataset, np.arange(len(x)), scaling)


def scaled(column: Any, scaling: Scaling = "by-kind") -> np.ndarray:
    x = np.asarray(column)[:, None]
    return fitted(x, scaling).transform(x)[:, 0].numpy()


@pytest.mark.parametrize(
    "values",
    [
        [False, True],
        [0, 1],
        [-1.0, 1.0],
        [7, 9],
        [0.0, 1e-30],
        [1712345678912345, 1712345678912346],
    ],
)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_two_values_become_zero_and_one(values: list[Any], share: float) -> None:
    is_high = np.arange(300) < share * 300
    column = np.where(is_high, values[1], values[0])
    assert np.array_equal(scaled(column), is_high)


def test_a_third_value_in_any_row_counts() -> None:
    column = np.arange(5000) % 2
    assert set(scaled(column)) == {0, 1}
    column[4321] = 3
    assert abs(scaled(column).mean()) < 1e-6


@pytest.mark.parametrize("frequent", [0.0, 5.0])
def test_in_sparse_columns_the_frequent_value_is_zero_and_others_are_about_one(
    frequent: float,
) -> None:
    column = np.full(2000, frequent)
    rare = np.arange(0, 2000, 40)
    column[rare] += RNG.uniform(20, 60, len(rare))
    got = scaled(column)
    assert not np.delete(got, rare).any()
    assert np.sqrt(np.mean(got[rare] ** 2)) == pytest.approx(1)
    assert np.sqrt(np.mean(scaled(column, "standard")[rare] ** 2)) > 3


@pytest.mark.parametrize(("n_rare", "is_sparse"), [(19, True), (20, False)])
def test_columns_are_sparse_above_nine_tenths_of_one_value(n_rare: int, is_sparse: bool) -> None:
    column = np.zeros(200)
    column[:n_rare] = 1 + np.arange(n_rare)
    assert (scaled(column)[-1] == 0) == is_sparse


def test_heavy_tails_are_clipped_in_their_order_also_beyond_the_training_data() -> None:
    x = HEAVY[:, None]
    preprocessing = fitted(x)
    assert preprocessing.x_clipped == (0,)
    got = preprocessing.transform(x)[:, 0].numpy()
    assert np.array_equal(np.argsort(got), np.argsort(HEAVY))
    assert 2.5 < abs(got).max() < 3
    assert preprocessing.transform(np.array([[3e38], [-3e38]])).tolist() == [[3], [-3]]


def test_the_values_are_found_again_from_network_inputs() -> None:
    sparse = np.where(np.arange(400) % 20, 0, np.arange(400))
    table = np.column_stack([np.arange(400) % 2, np.ones(400), sparse, HEAVY])
    preprocessing = fitted(table)
    found = preprocessing.raw(preprocessing.transform(table))
    np.testing.assert_allclose(found, table, rtol=1e-3, atol=1e-4)


def test_the_clip_is_that_of_realmlp() -> None:
    z = (HEAVY - HEAVY.mean()) / HEAVY.std()
    assert np.allclose(scaled(HEAVY), z / np.sqrt(1 + (z / 3) ** 2), atol=1e-6)


def test_other_columns_are_standardized_and_not_clipped() -> None:
    x = RNG.normal(size=(1000, 3)) * [1, 10, 100] + 7
    assert fitted(x) == fitted(x, "standard")
    assert fitted(x).x_clipped == ()


def test_each_column_has_its_own_kind() -> None:
    sparse = np.where(np.arange(400) % 20, 0, np.arange(400))
    table = np.column_stack([np.arange(400) % 2, np.ones(400), sparse, HEAVY])
    preprocessing = fitted(table)
    assert preprocessing.x_constant == (1,)
    assert preprocessing.x_clipped == (3,)
    got = preprocessing.transform(table).numpy()
    for column in (0, 2, 3):
        assert np.allclose(got[:, column], scaled(table[:, column]))


def test_the_standard_scaling_knows_no_kinds() -> None:
    table = np.column_stack([np.arange(400) % 2, HEAVY])
    got = fitted(table, "standard").transform(table).double()
    assert np.allclose(got.mean(0), 0, atol=1e-6)
    assert np.allclose(got.std(0, correction=0), 1, atol=1e-6)


def test_channels_of_images_are_standardized() -> None:
    images = (RNG.random((40, 1, 4, 4)) < 0.02).astype(np.float32)
    data = load_dataset((images, np.arange(40) % 2))
    assert prepare(data).preprocessing == prepare(data, scaling="standard").preprocessing
