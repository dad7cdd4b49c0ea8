"""Proposals rest on several sets of hyperparameters while observations are few."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from optuna_dnc.gp.log_improvement import log_expected_improvement
from optuna_dnc.samplers.acquisition import acquisition
from optuna_dnc.samplers.history import History
from optuna_dnc.samplers.surrogates import Surrogates
from optuna_dnc.space import SearchSpace


def history(n: int) -> History:
    space = SearchSpace({"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)})
    x = np.random.default_rng(0).random((n, 2))
    return History(
        space=space,
        numbers=np.arange(n),
        x=x,
        values=np.sin(5 * x[:, :1]) + x[:, 1:],
        shortfall=np.zeros(n),
        constraints=np.zeros((n, 0)),
        pending=x[:0],
        failed=x[:0],
        failed_numbers=np.arange(0),
    )


def lengthscales(n: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    return [float(s.theta.lengthscales[0]) for s in Surrogates(()).alternatives(history(n), rng)]


def test_they_are_drawn_anew_for_each_proposal() -> None:
    drawn = {*lengthscales(20, seed=0), *lengthscales(20, seed=1)}
    assert len(drawn) == 6
    assert lengthscales(20, seed=0) == lengthscales(20, seed=0)


def test_many_observations_need_none() -> None:
    assert len(lengthscales(250, seed=0)) == 3
    assert lengthscales(251, seed=0) == []


def test_the_improvement_is_the_mean_over_the_best_and_the_alternatives() -> None:
    known, surrogates = history(20), Surrogates(())
    rate, _ = acquisition(known, surrogates, np.random.default_rng(0))
    models = [
        surrogates.of_losses(known, 0),
        *surrogates.alternatives(known, np.random.default_rng(0)),
    ]
    x = np.random.default_rng(1).random((50, 2))
    each = [
        np.exp(log_expected_improvement(*m.predict(m.kernel.points(x)), m.fitted().min()))
        for m in models
    ]
    assert np.exp(rate(x)) == pytest.approx(np.mean(each, axis=0), rel=1e-9)
