"""Steps that are instances and no budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.pruners import BasePruner, MedianPruner, PatientPruner, WilcoxonPruner
from optuna.trial import TrialState, create_trial

from optuna_dnc import DNCSampler
from optuna_dnc.samplers.budgets import read_observations
from optuna_dnc.samplers.dnc.instances import are_instances
from optuna_dnc.samplers.dnc.low_fidelity import low_fidelity_values

N = 12


def trial(reports, *, value=None):
    return create_trial(
        state=TrialState.PRUNED if value is None else TrialState.COMPLETE,
        value=value,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0, 1)},
        intermediate_values=reports,
    )


def frozen(*trials):
    study = optuna.create_study()
    study.add_trials(trials)
    return study.trials


def test_a_stopped_trial_counts_with_its_mean_over_shared_instances() -> None:
    difficulty = np.random.default_rng(0).normal(0, 5, N)

    def reports(mean, instances):
        return {i: mean + difficulty[i] - difficulty.mean() for i in instances}

    stopped = [(2.5, [0, 7, 3]), (4.0, [11, 1, 2, 5]), (3.0, [9, 4, 0, 8])]
    trials = frozen(
        trial(reports(1.0, range(N)), value=1.0),
        trial(reports(2.0, range(N)), value=2.0),
        *[trial(reports(mean, instances)) for mean, instances in stopped],
    )
    found = low_fidelity_values(trials, len(trials))
    assert [[v.shortfall for v in values] for values in found.values()] == [[0.0]] * 5
    means = [values[0].value for values in found.values()]
    assert means == pytest.approx([1.0, 2.0, 2.5, 4.0, 3.0], abs=1e-3)


def observed(*steps):
    stopped = [trial(dict.fromkeys(of_trial, 1.0)) for of_trial in steps]
    whole = trial(dict.fromkeys(range(1, 28), 1.0), value=1.0)
    return read_observations(frozen(whole, *stopped))


@pytest.mark.parametrize(
    "steps",
    [
        [range(1, n) for n in (4, 9, 16)],
        [range(3, 16, 3), range(2, 11, 2), range(1, 7)],
        [range(9, 19), range(3, 10), range(1, 4)],  # what was promoted goes on where it paused
        [[1], [27], [1, 9]],
        [[1, 2, 3, 5, 6], range(1, 9), range(1, 7)],  # one report was lost
    ],
    ids=["every epoch", "every k-th", "resumed", "few", "a gap"],
)
def test_budgets_are_not_taken_for_instances(steps: list[Any]) -> None:
    assert not are_instances(observed(*steps))


def test_neither_are_budgets_at_which_each_trial_reports_at_its_own_interval() -> None:
    """Steps are the batches or samples seen, and no trial reports at each."""
    intervals = [(48, 20), (80, 9), (112, 8), (320, 4), (208, 6)]
    stopped = [trial({k * n: 1.0 for n in range(1, reports)}) for k, reports in intervals]
    whole = trial({64 * n: 1.0 for n in range(1, 30)}, value=1.0)
    assert not are_instances(read_observations(frozen(whole, *stopped)))


@pytest.mark.parametrize(("fastest", "slowest"), [(0.8, 1.6), (7, 9)])
def test_neither_are_seconds_which_are_irregular_in_trials_that_ended_too(
    fastest: float, slowest: float
) -> None:
    rng = np.random.default_rng(0)

    def seconds(n: int) -> dict[int, float]:
        return dict.fromkeys(np.cumsum(rng.uniform(fastest, slowest, n)).astype(int).tolist(), 1.0)

    whole = [trial(seconds(20), value=1.0) for _ in range(6)]
    stopped = [trial(seconds(n)) for n in range(4, 14)]
    assert not are_instances(read_observations(frozen(*whole, *stopped)))


@pytest.mark.parametrize("n_reports", [4, 8, 15])
def test_an_irregular_selection_of_steps_are_instances(n_reports: int) -> None:
    rng = np.random.default_rng(0)
    assert are_instances(
        observed(*[rng.permutation(np.arange(1, 28))[:n_reports].tolist() for _ in range(10)])
    )


class StopsEveryOther(BasePruner):
    """A pruner of which nobody knows that steps are instances."""

    def prune(self, study, trial):
        return trial.number % 2 == 1 and len(trial.intermediate_values) == 5


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize(
    ("pruner", "shuffled"),
    [
        (WilcoxonPruner, True),
        (WilcoxonPruner, False),
        (lambda: PatientPruner(WilcoxonPruner(), patience=1), False),
        (StopsEveryOther, True),
    ],
    ids=["shuffled", "in order", "patient", "another pruner"],
)
def test_stopped_trials_guide_the_search(
    pruner: Callable[..., Any] | type[Any], shuffled: bool
) -> None:
    rng = np.random.default_rng(0)
    difficulty, optima = rng.normal(0, 1, N), rng.normal(0.4, 0.1, (N, 2))
    optimum = optima.mean(axis=0)

    def objective(trial):
        x = np.array([trial.suggest_float(name, 0, 1) for name in "xy"])
        reports = []
        order = np.random.default_rng(trial.number).permutation(N) if shuffled else range(N)
        for i in order:
            reports.append(float(np.sum((x - optima[i]) ** 2) + difficulty[i]))
            trial.report(reports[-1], int(i))
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(reports))

    study = optuna.create_study(sampler=DNCSampler(seed=0), pruner=pruner())
    study.optimize(objective, n_trials=35)
    assert sum(t.state == TrialState.PRUNED for t in study.trials) > 2
    best = np.array([*study.best_params.values()])
    assert np.sum((best - optimum) ** 2) < 1e-3


def test_a_pruner_by_budgets_leaves_steps_as_they_are() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0), pruner=MedianPruner())
    study.add_trials([trial({1: 3.0, 2: 2.0, 3: 1.0}, value=1.0), trial({1: 4.0, 2: 3.5, 3: 3.0})])
    history = study.sampler._model(study).history(study, 9)
    assert len(history.shortfall) == 2
