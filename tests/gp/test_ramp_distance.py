"""The public ramp distance and kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc import InputError
from optuna_dnc.gp import ramp_distance, ramp_kernel

numbers = st.floats(-1e6, 1e6)


def test_formula() -> None:
    assert ramp_distance(200, 100, 32, 512) == pytest.approx(3 * 100 / 480)
    assert ramp_distance(16, 64, 16, 64, omega=2, root=3) == pytest.approx(2)
    assert ramp_distance(20, 50, 20, 400, root=2) == pytest.approx(3 * (30 / 380) ** 0.5)
    assert ramp_kernel(200, 100, 32, 512) == pytest.approx(np.exp(-0.5 * (3 * 100 / 480) ** 2))


@given(numbers, numbers, numbers, numbers, st.floats(0.1, 10), st.floats(0.5, 5))
def test_a_distance_never_exceeds_omega(x1, x2, a, b, omega, root):
    distance = ramp_distance(x1, x2, min(a, b), max(a, b), omega=omega, root=root)
    assert 0 <= distance <= omega
    assert distance == ramp_distance(x2, x1, min(a, b), max(a, b), omega=omega, root=root)


def test_arrays_broadcast_and_a_range_without_width_has_distance_zero() -> None:
    x = np.array([1.0, 2.0, 3.0])
    distances = ramp_distance(x[:, None], x[None, :], lower=1, upper=np.array([3, 3, 1]) + 0.0)
    np.testing.assert_allclose(distances, [[0, 1.5, 0], [1.5, 0, 0], [3, 1.5, 0]])
    assert isinstance(ramp_kernel(1, 2, 0, 5), float)


def test_nan_stays_nan() -> None:
    assert np.isnan(ramp_distance(np.nan, 1, 0, 5))
    assert np.isnan(ramp_kernel(np.nan, 1, 2, 2))


def test_arguments_are_left_as_they_were() -> None:
    x = np.array([0.0, 9.0])
    ramp_kernel(x, x, 0, 5)
    np.testing.assert_array_equal(x, [0, 9])


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"lower": 2, "upper": 1}, "upper"),
        ({"lower": 0, "upper": 1, "root": 0}, "root"),
        ({"lower": 0, "upper": 1, "omega": -3}, "omega"),
        ({"lower": 0, "upper": float("nan")}, "upper"),
    ],
)
@pytest.mark.parametrize("function", [ramp_distance, ramp_kernel])
def test_bad_arguments_are_named(
    function: Callable[..., Any], bad: dict[str, Any], word: str
) -> None:
    with pytest.raises(InputError, match=word):
        function(1, 2, **bad)
