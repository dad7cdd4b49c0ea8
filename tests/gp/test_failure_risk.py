"""The risk that a trial may take."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from optuna_dnc.gp.classification import classify
from optuna_dnc.gp.failure_risk import FailureRisk, allowed_risk, foresight
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.space import SearchSpace


def test_hardly_any_study_fails_much_more_often_than_others() -> None:
    """Also if each trial takes all of the risk that it may."""
    rng = np.random.default_rng(0)
    failed = rng.random((500, 60)) < 0.5  # in the start-up every other one
    for trial in range(15, 60):
        shares = failed[:, max(trial - 20, 0) : trial].mean(axis=1)
        risks = np.array([allowed_risk(share) for share in shares.tolist()])
        failed[:, trial] = rng.random(len(failed)) < risks
    counts = failed[:, -30:].sum(axis=1)
    assert np.mean(counts > 6) < 0.05
    assert np.mean(counts) > 3


def test_trials_are_bold_or_safe() -> None:
    risks = np.array([allowed_risk(share) for share in np.arange(0.0, 0.35, 0.05).tolist()])
    assert np.all(np.diff(risks) <= 0)
    assert risks[1] > 0.5
    assert risks[4] < 0.05


@pytest.mark.parametrize(
    ("n_failed", "lowest", "highest"), [(8, 0, 0.1), (28, 0, 0.1), (36, 0.1, 0.5), (39, 0.9, 1)]
)
def test_what_cannot_be_predicted_is_heeded_while_few_trials_have_worked(
    n_failed: int, lowest: float, highest: float
) -> None:
    """Single trials that work among many that fail: a thin region, or luck."""
    rng = np.random.default_rng(0)
    kernel = SumKernel(SearchSpace({name: FloatDistribution(0, 1) for name in "xy"}))
    plain = Hyperparameters(np.full(2, 0.1), np.ones(1), np.ones(1), 1e-3)
    x = rng.random((40, 2))
    failed = np.sort(rng.permutation(40)[:n_failed])
    ended = np.setdiff1d(np.arange(40), failed)
    labels = np.isin(np.arange(40), failed)
    latent = classify(kernel, plain, kernel.points(x), labels)
    assert lowest <= FailureRisk.of(latent, x[ended], failed, ended).trust <= highest


@pytest.mark.parametrize(("gathered", "lowest", "highest"), [(True, 0.9, 1.0), (False, 0.0, 0.1)])
def test_failures_that_gather_where_trials_go_are_no_accident(
    gathered: bool, lowest: float, highest: float
) -> None:
    """A few of the first trials work, none of the latest: in one corner, or anywhere."""
    rng = np.random.default_rng(0)
    kernel = SumKernel(SearchSpace({name: FloatDistribution(0, 1) for name in "xy"}))
    plain = Hyperparameters(np.full(2, 0.3), np.ones(1), np.ones(1), 1e-3)
    x = rng.random((35, 2))
    failed = np.arange(35) % 4 > 0
    if gathered:
        x[15:], failed[15:] = 0.9 + 0.1 * x[15:], True
        x[:15] *= 0.8
    assert lowest <= foresight(classify(kernel, plain, kernel.points(x), failed)) <= highest
