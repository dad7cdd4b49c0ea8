"""Any distribution, any value: there and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from optuna_dnc._optuna_compat import contains
from optuna_dnc.space import SearchSpace

finite = st.floats(-1e6, 1e6)
positive = st.floats(1e-8, 1e8)
whole = st.integers(-(10**6), 10**6)


@st.composite
def distributions(draw):
    kind = draw(st.sampled_from(["float", "log", "step", "int", "int step", "int log", "choice"]))
    if kind == "choice":
        return CategoricalDistribution(draw(st.lists(st.text("abc"), min_size=1, unique=True)))
    if kind in ("float", "log"):
        low, high = sorted(draw(st.tuples(*[positive if kind == "log" else finite] * 2)))
        return FloatDistribution(low, high, log=kind == "log")
    n = draw(st.integers(0, 1000))
    if kind == "step":
        step, low = draw(st.integers(1, 100)), draw(st.integers(-1000, 1000))
        return FloatDistribution(low / 10, (low + n * step) / 10, step=step / 10)
    if kind == "int log":
        low = draw(st.integers(1, 10**6))
        return IntDistribution(low, low + n, log=True)
    low, step = draw(whole), draw(st.integers(1, 50)) if kind == "int step" else 1
    return IntDistribution(low, low + n * step, step=step)


uniforms = st.floats(0, 1, exclude_max=True)


@given(distributions(), uniforms)
def test_samples_are_plain_values_of_the_distribution(distribution, uniform):
    space = SearchSpace({"x": distribution})
    position = space.sample(np.array([[uniform]]))
    value = space.decode(position[0])["x"]
    assert contains(distribution, value)
    assert type(value) in (int, float, str)
    assert isinstance(distribution, IntDistribution) == (type(value) is int)


@given(distributions(), uniforms)
def test_encode_and_decode_are_inverse(distribution, uniform):
    space = SearchSpace({"x": distribution})
    position = space.sample(np.array([[uniform]]))
    params = space.decode(position[0])
    again = space.encode([params])
    assert again.item() == pytest.approx(position.item(), abs=1e-9)
    value, back = params["x"], space.decode(again[0])["x"]
    if isinstance(value, float):
        scale = max(abs(distribution.low), abs(distribution.high))
        assert math.isclose(back, value, rel_tol=1e-9, abs_tol=1e-12 * scale)
    else:
        assert back == value


@given(distributions(), uniforms)
def test_positions_of_numbers_lie_between_zero_and_one(distribution, uniform):
    position = SearchSpace({"x": distribution}).sample(np.array([[uniform]])).item()
    top = len(distribution.choices) - 1 if isinstance(distribution, CategoricalDistribution) else 1
    assert 0 <= position <= top


@pytest.mark.parametrize(
    "distribution",
    [
        IntDistribution(3, 9),
        IntDistribution(0, 20, step=5),
        FloatDistribution(-1, 1, step=0.25),
        CategoricalDistribution(["a", "b", "c"]),
    ],
    ids=str,
)
def test_every_level_is_equally_likely(distribution: BaseDistribution) -> None:
    space = SearchSpace({"x": distribution})
    n = 3 * 5 * 7 * 8 * 9
    rows = space.sample(((np.arange(n) + 0.5) / n)[:, None])
    _, counts = np.unique(rows, return_counts=True)
    assert len(counts) == space.column("x").n_levels
    assert counts.max() - counts.min() <= 1


def test_log_ints_are_uniform_in_the_logarithm() -> None:
    space = SearchSpace({"x": IntDistribution(1, 1024, log=True)})
    rows = space.sample(((np.arange(10_000) + 0.5) / 10_000)[:, None])
    assert np.median(space.raw(rows, "x")) == pytest.approx(math.sqrt(0.5 * 1024.5), rel=0.03)


@pytest.mark.filterwarnings("error")
def test_a_range_may_be_wider_than_the_largest_float() -> None:
    space = SearchSpace({"x": FloatDistribution(-1e308, 1.5e308)})
    positions = space.encode([{"x": x} for x in (-1e308, 0.25e308, 1.5e308)])
    assert positions[:, 0].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert space.decode(positions[1]) == {"x": pytest.approx(0.25e308)}
