"""The penalised loss."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import penalized_loss


@pytest.mark.parametrize(
    ("error", "complexity", "wc", "expected"),
    [(0.1, 0.5, 0.0, -1.0), (0.05, 0.5, 0.1, -1.0), (0.5, 0.05, 10.0, 0.0), (10.0, 9.0, 0.0, 1.0)],
)
def test_it_is_the_logarithm_of_error_plus_weighted_complexity(
    error: float, complexity: float, wc: float, expected: float
) -> None:
    assert penalized_loss(error, complexity, wc) == pytest.approx(expected)


def test_the_error_is_floored_at_half_a_validation_sample() -> None:
    assert penalized_loss(0.0, 0.3, 0.0, n_val=50) == pytest.approx(math.log10(0.01))
    assert penalized_loss(0.0, 0.3, 0.1, n_val=50) == pytest.approx(math.log10(0.01 + 0.03))


def test_the_floor_changes_no_error_that_can_be_measured() -> None:
    assert penalized_loss(1 / 50, 0.3, 0.1, n_val=50) == penalized_loss(1 / 50, 0.3, 0.1)


def test_no_error_and_no_penalty_is_finite() -> None:
    # The original gives -inf, after which its sampler always picks the first candidate.
    assert math.isfinite(penalized_loss(0.0, 0.0, 0.0))
    assert math.isfinite(penalized_loss(0.0, 1.0, 0.0, n_val=10_000))


finite = st.floats(0, 1e6)


@given(error=finite, worse=finite, complexity=finite, wc=finite)
def test_it_is_finite_and_never_falls_with_error_or_complexity(error, worse, complexity, wc):
    low, high = sorted((error, worse))
    assert penalized_loss(low, complexity, wc) <= penalized_loss(high, complexity, wc)
    assert penalized_loss(complexity, low, wc) <= penalized_loss(complexity, high, wc)
    assert math.isfinite(penalized_loss(low, complexity, wc, n_val=7))


@pytest.mark.parametrize("name", ["error", "complexity", "wc"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, -math.inf])
def test_a_number_that_is_wrong_is_refused_by_name(name: str, value: float) -> None:
    arguments: dict[str, Any] = {"error": 0.1, "complexity": 0.5, "wc": 0.1, name: value}
    with pytest.raises(InputError, match=f"{name} must be finite and at least 0, got {value}"):
        penalized_loss(**arguments)


@pytest.mark.parametrize("n_val", [0, -3])
def test_no_validation_samples_are_refused(n_val: int) -> None:
    with pytest.raises(InputError, match=f"n_val must be at least 1, got {n_val}"):
        penalized_loss(0.1, 0.5, 0.1, n_val=n_val)
