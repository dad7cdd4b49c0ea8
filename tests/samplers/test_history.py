"""Which trials are kept where there are too many, and on what scale they are modelled."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from optuna_dnc._pareto import pareto_front
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.samplers.dnc import surrogates
from optuna_dnc.samplers.dnc.acquisition import acquisition

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}


def history_of(trials, n_objectives=1):
    study = optuna.create_study(directions=["minimize"] * n_objectives, sampler=DNCSampler(seed=0))
    study.add_trials(trials)
    return study.sampler._model(study).history(study, len(study.trials))


def trial(x, y, values, **told):
    return create_trial(params={"x": x, "y": y}, distributions=SPACE, values=values, **told)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_the_front_is_what_nothing_dominates(rows):
    losses = np.array(rows, dtype=float)
    front = pareto_front(losses)
    dominated = [
        any(np.all(other <= row) and np.any(other < row) for other in losses) for row in losses
    ]
    assert {*map(tuple, losses[front])} == {
        tuple(row) for row, is_worse in zip(losses, dominated, strict=True) if not is_worse
    }
    assert len(losses[front]) == len({*map(tuple, losses[front])})


def test_of_too_many_trials_the_feasible_ones_are_kept() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((400, 2))
    trials = [trial(x, y, [x], constraints={"c": 0.9 - x}) for x, y in points]
    history = history_of(trials)
    feasible = np.flatnonzero(points[:, 0] >= 0.9)
    kept = history.reduced(150).numbers
    assert len(feasible) < 50
    assert {*feasible.tolist()} <= {*kept.tolist()}


def test_of_too_many_trials_the_front_is_kept() -> None:
    points = np.random.default_rng(0).random((400, 2))
    history = history_of([trial(x, y, [x, y]) for x, y in points], 2)
    kept = history.reduced(100).numbers
    assert {*np.flatnonzero(pareto_front(points)).tolist()} <= {*kept.tolist()}


def test_hyperparameters_are_fitted_on_the_scale_on_which_they_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    history = history_of([trial(x, y, [(x + y) ** 4]) for x, y in rng.random((400, 2))])
    fitted = []
    fit = surrogates.fit_hyperparameters

    def spy(kernel, points, y, noise):
        fitted.append((points.x, y))
        return fit(kernel, points, y, noise)

    monkeypatch.setattr(surrogates, "fit_hyperparameters", spy)
    used = surrogates.Surrogates(()).of_losses(history, 0)
    [(x, y)] = fitted
    of_point = {row.tobytes(): value for row, value in zip(used.x.x, used.y, strict=True)}
    assert 200 < len(x) <= 250
    # The scale is that of the trials up to the last checkpoint, which are nearly all.
    assert y == pytest.approx([of_point[row.tobytes()] for row in x], abs=0.1)


def test_of_a_trial_that_was_seen_at_several_budgets_one_is_varied() -> None:
    trials = [
        create_trial(
            state=optuna.trial.TrialState.PRUNED if n % 3 else optuna.trial.TrialState.COMPLETE,
            params={"x": x, "y": 0.5},
            distributions=SPACE,
            intermediate_values={step: x / step for step in range(1, 2 + n % 3)},
            value=None if n % 3 else x,
        )
        for n, x in enumerate(np.random.default_rng(0).random(12).tolist())
    ]
    history = history_of(trials)
    _, best = acquisition(history, surrogates.Surrogates(()), np.random.default_rng(0))
    assert len(history.x) > 12
    assert len(best) == 12
    assert len({row.tobytes() for row in best}) == 12


def test_memory_of_earlier_trials_changes_no_bit_of_a_surrogate() -> None:
    points = np.random.default_rng(0).random((29, 2))
    trials = [trial(x, y, [x + y]) for x, y in points]
    kept = surrogates.Surrogates(())
    for n in (27, 28):
        kept.of_losses(history_of(trials[:n]), 0)
    later = kept.of_losses(history_of(trials), 0)
    anew = surrogates.Surrogates(()).of_losses(history_of(trials), 0)
    np.testing.assert_array_equal(later.lower, anew.lower)
    np.testing.assert_array_equal(later.weights, anew.weights)
