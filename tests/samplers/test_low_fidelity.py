"""What the default preset learns from trials that were stopped, wait or run."""

from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from optuna_dnc import DNCSampler
from optuna_dnc.samplers.dnc.low_fidelity import low_fidelity_values

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}


def trial(*reports, state=TrialState.PRUNED, value=None, x=0.5, first=1):
    if state == TrialState.COMPLETE and value is None:
        value = reports[-1]
    return create_trial(
        state=state,
        value=value,
        params={"x": x},
        distributions=SPACE,
        intermediate_values=dict(enumerate(reports, first)),
    )


def read(*trials):
    study = optuna.create_study()
    study.add_trials(trials)
    found = low_fidelity_values(study.trials, len(trials))
    return [[(round(v.value, 9), round(v.shortfall, 9)) for v in found[n]] for n in found]


def test_nothing_is_partial_where_all_trials_come_to_their_end() -> None:
    assert read(trial(3, 2, 1, state=TrialState.COMPLETE), trial(state=TrialState.FAIL)) == []


def test_every_level_that_was_passed_counts_and_is_moved_by_what_others_gained() -> None:
    third = math.log(3) / math.log(9)
    found = read(
        trial(*[9.0, 8, 7, 6, 5, 4, 3, 2, 1], state=TrialState.COMPLETE),
        trial(10.0, 9, 8),  # gained 2 from 1 to 3, as the first
        trial(11.0),
    )
    assert found == [
        [(1.0, 1.0), (1.0, round(third, 9)), (1.0, 0.0)],
        [(2.0, 1.0), (2.0, round(third, 9))],
        [(3.0, 1.0)],
    ]


def test_steps_from_0_and_from_1_are_the_same_budgets() -> None:
    def curves(first):
        return (
            trial(3.0, 2, 1, state=TrialState.COMPLETE, first=first),
            trial(4.0, first=first),
        )

    assert read(*curves(0)) == read(*curves(1)) == read(*curves(-5))


def test_steps_may_be_larger_than_any_float() -> None:
    assert read(trial(1.0, first=10**400), trial(3.0)) == [
        [(1.0, 1.0), (1.0, 0.0)],
        [(3.0, 1.0)],
    ]


def test_a_complete_trial_counts_with_its_value_whatever_it_reported() -> None:
    found = read(trial(0.5, state=TrialState.COMPLETE, value=1.5), trial(0.2))
    assert found == [[(1.5, 0.0)], [(1.2, 0.0)]]


def test_reports_that_are_not_finite_are_left_out() -> None:
    found = read(
        trial(2.0, math.nan, 1.0, state=TrialState.COMPLETE), trial(3.0, math.inf), trial(3.0)
    )
    assert [len(levels) for levels in found] == [2, 1]


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.WAITING])
def test_a_trial_stopped_at_an_odd_budget_counts_there_beside_six_levels(
    state: TrialState,
) -> None:
    curves = [trial(*np.linspace(1, 0, n), state=state) for n in range(1, 28)]
    found = read(trial(*np.linspace(1, 0, 27), state=TrialState.COMPLETE), *curves)
    assert max(len(levels) for levels in found) <= 7
    assert all(levels[-1][1] == pytest.approx(math.log(27 / n) / math.log(27))
               for n, levels in enumerate(found[1:], 1))  # fmt: skip


def test_trials_that_wait_for_promotion_count() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=2))
    study.add_trials([trial(0.1 * n, state=TrialState.WAITING, x=0.1 * n) for n in range(5)])
    history = study.sampler._model(study).history(study, 99)
    assert history.x[:, 0] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert study.sampler.infer_relative_search_space(study, study.ask()).keys() == {"x"}  # type: ignore[arg-type]


def test_low_budgets_guide_the_search_as_far_as_they_are_right() -> None:
    """At one epoch the best x is 0.8, at the end 0.2; trials at the end know better."""

    def loss(x, epoch):
        best = 0.8 if epoch == 1 else 0.2
        return (x - best) ** 2

    def proposal(*trials):
        study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=0))
        study.add_trials(trials)
        return study.ask().suggest_float("x", 0, 1)

    grid = np.linspace(0, 1, 9)
    early = [trial(loss(x, 1), x=x) for x in grid]
    late = [trial(loss(x, 1), loss(x, 2), state=TrialState.COMPLETE, x=x) for x in grid]
    assert proposal(*early) == pytest.approx(0.8, abs=0.1)
    assert proposal(*early, *late) == pytest.approx(0.2, abs=0.1)


def test_the_same_trials_give_the_same_proposal_in_another_sampler() -> None:
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 9)
        for epoch in range(1, 10):
            trial.report((x - 0.3) ** 2 + y / epoch, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return (x - 0.3) ** 2 + y / 9

    pruner = optuna.pruners.MedianPruner(n_startup_trials=3)
    study = optuna.create_study(sampler=DNCSampler(seed=1), pruner=pruner)
    study.optimize(objective, n_trials=30)
    again = optuna.create_study(sampler=DNCSampler(seed=1), pruner=pruner)
    again.add_trials(study.trials)
    study.optimize(objective, n_trials=1)
    again.optimize(objective, n_trials=1)
    assert any(t.state == TrialState.PRUNED for t in study.trials)
    assert study.trials[-1].params == again.trials[-1].params


def in_seconds(*reports, seconds, **told):
    found = trial(*reports, **told)
    found.intermediate_values = dict(zip(seconds, reports, strict=True))
    return found


def test_where_steps_are_seconds_the_reports_are_counted() -> None:
    """Every training has five reports at its end, at seconds of its own."""
    curves = [[9.0, 7, 5, 4, 3], [8.0, 6, 4, 3, 2], [9.5, 7.5, 5.5, 4.5, 3.5]]
    clocks = [[2, 5, 6, 9, 11], [3, 4, 8, 10, 14], [1, 3, 6, 7, 8]]
    complete = TrialState.COMPLETE
    ended = [
        in_seconds(*c, seconds=s, state=complete) for c, s in zip(curves, clocks, strict=True)
    ]
    stopped = [in_seconds(9.2, 7.1, seconds=[4, 6]), in_seconds(8.8, seconds=[1])]
    by_epochs = [*(trial(*c, state=complete) for c in curves), trial(9.2, 7.1), trial(8.8)]
    assert read(*ended, *stopped) == read(*by_epochs)


def test_trainings_for_the_same_time_are_compared_by_time() -> None:
    """As many epochs as fit into twelve seconds."""
    ended = [
        in_seconds(9.0, 7, 5, 4, 3, seconds=[2, 5, 6, 9, 12], state=TrialState.COMPLETE),
        in_seconds(9.0, 6, 4, seconds=[3, 8, 12], state=TrialState.COMPLETE),
        in_seconds(9.0, 7, 6, 5, seconds=[2, 3, 7, 12], state=TrialState.COMPLETE),
    ]
    *_, ((_, shortfall),) = read(*ended, in_seconds(8.0, 7.0, 6.0, seconds=[1, 2, 3]))
    assert shortfall == 1.0
    *_, first, second = read(*ended, in_seconds(8.0, seconds=[3]), in_seconds(8.0, seconds=[6]))
    assert second[-1][1] == round(math.log(2) / math.log(4), 9)
    assert first[-1][1] == 1.0
