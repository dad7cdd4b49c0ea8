"""Reports need not be in the units of the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from optuna_dnc import DNCSampler
from optuna_dnc.samplers.dnc.low_fidelity import low_fidelity_values
from optuna_dnc.samplers.dnc.report_scale import learn_scale

SCALES = {
    "100 * accuracy": lambda error: 100 * (1 - error),
    "sum": lambda error: 2000 * error,
    "thousandth": lambda error: error / 1000,
    "squared": lambda error: error**2 / 100,
    "root": math.sqrt,
    "logarithm": math.log,
    "accuracy": lambda error: 1 - error,
    "inverse": lambda error: 1 / error,
    "negative inverse": lambda error: -1 / error,
    "log odds": lambda error: math.log(error / (1 - error)),
}


def curve(error, n):
    """A training's errors: they come down to the last one by half."""
    return [error + 0.4 * 0.5**epoch for epoch in range(n)] + [error] * (n == 9)


def trial(error, n, scale, number):
    is_complete = n == 9
    return create_trial(
        state=TrialState.COMPLETE if is_complete else TrialState.PRUNED,
        value=error if is_complete else None,
        params={"x": number / 20},
        distributions={"x": FloatDistribution(0, 1)},
        intermediate_values=dict(enumerate(map(scale, curve(error, n)), 1)),
    )


def shown(scale):
    study = optuna.create_study()
    errors = np.random.default_rng(0).uniform(0.05, 0.3, 20)
    study.add_trials([trial(e, 9 if k % 2 else 3, scale, k) for k, e in enumerate(errors)])
    found = low_fidelity_values(study.trials, 20)
    return np.array([v.value for number in found for v in found[number]])


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_whatever_the_scale_of_reports_a_stopped_trial_shows_the_same(
    scale: Callable[..., Any],
) -> None:
    assert shown(scale) == pytest.approx(shown(lambda error: error), abs=1e-6)


def test_on_a_scale_that_is_no_power_better_reports_still_stand_for_better_values() -> None:
    reports = np.random.default_rng(0).normal(size=30)
    values = 1 / (1 + np.exp(-3 * reports))
    scale = learn_scale(reports, values, np.linspace(-5, 5, 11))
    assert scale is not None
    assert scale(reports) == pytest.approx(values, abs=0.01)
    assert np.all(np.diff(scale(np.linspace(-5, 5, 50))) > 0)


@pytest.mark.parametrize("n", [4, 6])
def test_few_trials_show_a_scale_that_fits_them_exactly(n: int) -> None:
    """A line fits well where trials ended, and is far off where others are stopped."""
    reports = np.random.default_rng(0).uniform(0.8, 0.95, n)
    early = np.array([0.2, 0.4])
    for scale in (np.log, np.square, lambda x: -1 / x, lambda x: np.log(x / (1 - x))):
        learned = learn_scale(scale(reports), reports, scale(np.append(reports, early)))
        assert learned is not None
        assert learned(scale(early)) == pytest.approx(early)


def test_reports_that_differ_from_the_value_by_noise_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    reports = rng.uniform(0.1, 0.5, 40)
    for n in (2, 3, 5, 10, 40):
        values = reports[:n] + rng.normal(0, 0.005, n)
        assert learn_scale(reports[:n], values, reports) is None


def test_one_diverged_trial_changes_no_scale() -> None:
    reports = np.append(np.random.default_rng(0).uniform(0.1, 0.5, 12), 1e12)
    values = np.append(reports[:-1] / 100, 7.0)
    scale = learn_scale(reports, values, reports)
    assert scale is not None
    assert scale(np.array([0.2, 50.0])) == pytest.approx([0.002, 0.5])


def test_what_has_no_value_on_the_scale_is_left_out() -> None:
    def log_of_what_may_be_zero(error):
        return math.log(error) if error < 0.5 else -math.inf

    assert np.all(np.isfinite(shown(log_of_what_may_be_zero)))


def test_proposals_are_as_good_as_with_equal_units() -> None:
    def regret(scale, seed):
        def objective(trial):
            x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
            error = 0.1 + (x - 0.3) ** 2 + (y - 0.6) ** 2
            for epoch, now in enumerate(curve(error, 9), 1):
                trial.report(scale(now), epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned
            return error

        pruner = optuna.pruners.MedianPruner()
        study = optuna.create_study(sampler=DNCSampler(seed=seed), pruner=pruner)
        study.optimize(objective, n_trials=25)
        return study.best_value - 0.1

    for scale in (lambda error: 2000 * error, lambda error: error**2 / 100):
        worst = max(regret(scale, seed) for seed in range(2))
        assert worst < 1e-3  # in other units than the value's it was 0.004 to 0.02
