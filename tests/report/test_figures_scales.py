"""Axes on a log scale, and axes of parameters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc.objectives import metric_of
from optuna_dnc.report.figures.parameters import ParameterAxis
from optuna_dnc.report.figures.scales import MOST_TICKS, ErrorScale, log_axis, short_number


@given(low=st.floats(1e-9, 1e9), ratio=st.floats(1.05, 1e12))
def test_some_ticks_on_any_log_axis_and_never_too_many(low: float, ratio: float) -> None:
    ticks = log_axis(low, low * ratio)
    values = ticks["tickvals"]
    assert 2 <= len(values) <= MOST_TICKS + 1
    assert all(low * 0.999 <= value <= low * ratio * 1.001 for value in values)
    assert len(set(ticks["ticktext"])) == len(values)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1500, "1.5k"), (2e6, "2M"), (0.002, "0.002"), (1e-5, "1e-5"), (3e10, "30G")],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short_number(value) == text


def test_an_accuracy_of_one_has_a_place_at_the_upper_end() -> None:
    scale = ErrorScale.of([0.0, 0.01, 0.5], metric_of("accuracy", "classification"))
    top, bottom = scale.axis["range"][1], scale.axis["range"][0]
    place = scale.position(0.0)
    assert place is not None
    assert top == pytest.approx(math.log10(place), abs=1e-3)
    assert top < bottom
    assert scale.label(0.025) == "97.5%"


def test_what_is_not_finite_has_no_place() -> None:
    scale = ErrorScale.of([0.1], metric_of("r2", "regression"))
    assert scale.position(math.nan) is None
    assert scale.position(math.inf) is None


def test_a_log_parameter_lies_by_its_logarithm() -> None:
    axis = ParameterAxis.of("lr", [FloatDistribution(1e-5, 1e-1, log=True)])
    assert axis.position(1e-3) == pytest.approx(0.5)
    assert [text for _, text in axis.ticks] == ["1e-5", "0.001", "0.1"]


def test_whole_numbers_are_labelled_with_whole_numbers() -> None:
    axis = ParameterAxis.of("blocks", [IntDistribution(1, 2, log=True)])
    assert [text for _, text in axis.ticks] == ["1", "2"]


def test_ranges_that_differ_share_an_axis() -> None:
    axis = ParameterAxis.of("width", [IntDistribution(4, 8), IntDistribution(2, 6)])
    assert (axis.position(2), axis.position(8)) == (0, 1)


def test_choices_lie_at_equal_distances_and_one_alone_in_the_middle() -> None:
    axis = ParameterAxis.of("block", [CategoricalDistribution(("basic", "wide", None))])
    assert [axis.position(choice) for choice in ("basic", "wide", None)] == [0, 0.5, 1]
    assert (
        ParameterAxis.of("block", [CategoricalDistribution(("basic",))]).position("basic") == 0.5
    )
