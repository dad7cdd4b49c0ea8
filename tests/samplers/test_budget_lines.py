"""What values at low budgets say of the end, from what other trials showed at both."""

from __future__ import annotations

import math
import warnings

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial

from optuna_dnc.samplers.dnc.low_fidelity import low_fidelity_values

R = 9


def study_with(pairs, early):
    """Trials that showed (at 1, at R), and others that ended at 1."""
    complete = [
        create_trial(state=TrialState.COMPLETE, value=end, intermediate_values={1: low, R: end})
        for low, end in pairs
    ]
    stopped = [
        create_trial(state=TrialState.PRUNED, intermediate_values={1: low}) for low in early
    ]
    study = optuna.create_study()
    study.add_trials([*complete, *stopped])
    return study.trials


def expected(pairs, early):
    """What the stopped trials are expected to be worth."""
    trials = study_with(pairs, early)
    found = low_fidelity_values(trials, len(trials))
    return [found[len(pairs) + k][0].value for k in range(len(early))]


def test_differences_that_shrink_with_training_count_for_less() -> None:
    # Errors of .3 to .9 become .06 to .18: what begins at .25 does not end below 0.
    pairs = [(low, low / 5) for low in np.linspace(0.3, 0.9, 12)]
    assert expected(pairs, [0.25, 0.8]) == pytest.approx([0.05, 0.16], abs=0.01)


def test_differences_that_grow_with_training_count_for_more() -> None:
    # Errors of .70 to .78 after the first epoch become .08 to .3: their logarithms part.
    pairs = [
        (math.log10(low), -1.1 + 12 * math.log10(low / 0.7))
        for low in (0.7, 0.72, 0.74, 0.76, 0.78)
    ]
    (value,) = expected(pairs, [math.log10(0.75)])
    assert value == pytest.approx(-1.1 + 12 * math.log10(0.75 / 0.7), abs=0.02)


def test_noise_of_low_budgets_is_not_blown_up() -> None:
    rng = np.random.default_rng(3)
    pairs = [(0.5 + 0.01 * rng.normal(), 0.5 + 0.05 * rng.normal()) for _ in range(12)]
    near, far = expected(pairs, [0.5, 0.6])
    assert 0 <= far - near <= 0.1 + 1e-9


def test_what_is_promoted_for_its_luck_does_not_mislead() -> None:
    # All are worth .5; those that were lucky at first were trained on.
    first = 0.5 + 0.1 * np.random.default_rng(0).standard_normal(60)
    lucky = np.sort(first)[:20]
    ends = 0.5 + 0.001 * np.random.default_rng(1).standard_normal(20)
    stopped = np.sort(first)[20:]
    values = expected(list(zip(lucky, ends, strict=True)), stopped)
    assert np.abs(np.array(values) - 0.5).max() < 0.05


@pytest.mark.parametrize("n", [1, 2])
def test_few_trials_only_tell_what_was_gained(n: int) -> None:
    pairs = [(1.0, 0.4), (2.0, 1.4)][:n]
    assert expected(pairs, [5.0]) == pytest.approx([4.4])


def test_the_order_is_never_turned() -> None:
    pairs = [(low, 1 - low) for low in np.linspace(0, 1, 12)]
    assert expected(pairs, [-5.0, 5.0]) == pytest.approx([0.5, 0.5])


def test_a_training_that_exploded_changes_nothing() -> None:
    pairs = [(low, low / 5) for low in np.linspace(0.3, 0.9, 12)]
    with_one = [*pairs, (0.5, 1e300), (1e308, -1e308)]
    assert expected(with_one, [0.4]) == pytest.approx(expected(pairs, [0.4]), abs=0.02)


def test_the_largest_values_raise_no_warnings() -> None:
    pairs = [(1e308, -1e308), (-1e308, 1e308), (0.0, math.inf), (1.0, 0.5)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        expected(pairs, [0.3])
