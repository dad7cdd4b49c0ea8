"""Metrics of targets whose squares are beyond float64 are those in another unit."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc import DNCRegressor
from optuna_dnc.data.target_scaling import suits_log
from optuna_dnc.evaluation import panel_of
from optuna_dnc.objectives import METRICS, Predictions
from tests.estimators.conftest import SMALL

RNG = np.random.default_rng(0)
TRUE = RNG.normal(2, 1, size=(80, 2))
PREDICTED = TRUE + RNG.normal(size=TRUE.shape) / 5
UNITS = [1e-300, 1e-200, 1e-40, 1e200, 1e300]
IN_UNIT = ("rmse", "mae")


def factor(metric: str, unit: float) -> float:
    return unit if metric in IN_UNIT else 1.0


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "mape"])
def test_scores_and_intervals_do_not_depend_on_the_unit(metric: str, unit: float) -> None:
    usual = panel_of(TRUE, PREDICTED, None, metric)
    panel = panel_of(TRUE * unit, PREDICTED * unit, None, metric)
    scale = factor(metric, unit)
    assert panel.metric == metric
    assert panel.value == pytest.approx(scale * usual.value)
    assert usual.interval is not None
    assert panel.interval == pytest.approx([scale * bound for bound in usual.interval])


def test_each_target_has_its_own_unit() -> None:
    units = np.array([1e-200, 1e200])
    usual, panel = (panel_of(TRUE * u, PREDICTED * u, None) for u in (np.ones(2), units))
    for unit, one, other in zip(units, usual.by_target, panel.by_target, strict=True):
        assert other == pytest.approx({name: factor(name, unit) * one[name] for name in one})


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("metric", ["rmse", "mae", "mape"])
def test_metrics_of_a_search_do_not_depend_on_it_either(metric: str, unit: float) -> None:
    usual = METRICS[metric].value(Predictions(TRUE, None, 0, PREDICTED))
    value = METRICS[metric].value(Predictions(TRUE * unit, None, 0, PREDICTED * unit))
    assert value == pytest.approx(factor(metric, unit) * usual)


@pytest.mark.parametrize("unit", UNITS)
def test_skewness_does_not_depend_on_it(unit: float) -> None:
    assert suits_log(unit * np.exp(RNG.normal(size=200)))
    assert not suits_log(unit * (10 + RNG.normal(size=200)))


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_a_regressor_scores_them(unit: float) -> None:
    x = RNG.normal(size=(80, 2))
    y = unit * (x[:, 0] + 2)
    model = DNCRegressor(**SMALL, random_state=0).fit(x, y)
    errors = (model.predict(x) - y) / unit
    expected = 1 - np.mean(errors**2) / np.var(y / unit)
    assert model.score(x, y) == pytest.approx(expected)
    assert model.score(x, list(y)) == model.score(x, y)
