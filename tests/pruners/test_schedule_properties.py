"""Any table, any number of workers, any order of arrival, ties, NaN, failures, crashes."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import event, given, settings
from hypothesis import strategies as st

from optuna_dnc.pruners import hyperband_brackets, successive_halving
from optuna_dnc.pruners.brackets import Bracket
from optuna_dnc.pruners.schedule import Done, Promote, Sample, Schedule, Wait
from tests.pruners.simulation import CRASH, FAILURE, Simulation

VALUES = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
OUTCOMES = VALUES | st.sampled_from([math.nan, math.inf, -math.inf, FAILURE, CRASH])


@st.composite
def schedules(draw):
    eta = draw(st.integers(2, 4))
    R = draw(st.integers(1, 30))
    if draw(st.booleans()):
        rule = draw(st.sampled_from(["paper-table", "formula"]))
        brackets = hyperband_brackets(R, eta, rule=rule) * draw(st.integers(1, 2))
    else:
        rungs = successive_halving(draw(st.integers(1, 40)), 1, R, eta)
        brackets = [Bracket(len(rungs) - 1, rungs)]
    return Schedule(
        brackets=brackets,
        reduction_factor=eta,
        maximize=draw(st.booleans()),
        asynchronous=draw(st.booleans()),
    )


def check_places(run: Simulation) -> None:
    """Never more in a rung than the table allows, or ASHA while places below are open."""
    schedule, first = run.schedule, 0
    for bracket in schedule.brackets:
        members = run.configurations[first : first + bracket.n_configurations]
        first += bracket.n_configurations
        for i, (places, _) in enumerate(bracket.rungs):
            sent = sum(c.rung >= i for c in members)
            assert sent <= places
            if i == 0:
                continue
            arrived = sum(c.has_reached(i - 1) for c in members)
            below = sum(c.rung >= i - 1 for c in members)
            if not schedule.asynchronous:
                assert not sent or arrived == below
            elif arrived < below or len(members) < bracket.n_configurations:
                assert sent <= arrived // schedule.reduction_factor


@settings(max_examples=200)
@given(schedules(), st.integers(1, 8), st.data())
def test_every_run_ends_with_all_that_may_go_on_gone_on(schedule, n_workers, data):
    run = Simulation(schedule)
    dropped: set[int] = set()
    crashes = 0
    while True:
        idle = len(run.running) < n_workers and not run.is_waiting()
        check_places(run)
        if idle and data.draw(st.booleans()):
            continue
        if not run.running:
            if isinstance(run.steps[-1], (Wait, Done)):
                break
            continue
        outcome = data.draw(OUTCOMES if crashes < 20 else VALUES)
        crashes += outcome == CRASH
        run.finish(data.draw(st.sampled_from(run.running)), outcome)
        now = set(schedule.dropped(run.configurations))
        assert dropped <= now
        assert not any(c.running for c in run.configurations if c.trial in now)
        dropped = now
    assert run.steps[-1] == Done()
    event(f"asynchronous {schedule.asynchronous}")
    assert max(Counter(run.trained).values()) == 1
    first = 0
    for bracket in schedule.brackets:
        members = run.configurations[first : first + bracket.n_configurations]
        first += bracket.n_configurations
        assert len(members) == bracket.n_configurations
        for c in members:
            fully = len(c.values) == len(bracket.rungs)
            assert [c.failed, c.trial in dropped, fully].count(True) == 1
        for i in range(bracket.s):
            able = [
                c.values[i] for c in members if len(c.values) > i and math.isfinite(c.values[i])
            ]
            assert sum(c.rung > i for c in members) == min(bracket.rungs[i + 1][0], len(able))


@given(schedules(), st.integers(1, 6), st.randoms(use_true_random=False))
def test_synchronous_promotion_does_not_depend_on_the_order_of_arrival(schedule, workers, random):
    schedule = Schedule(
        brackets=schedule.brackets,
        reduction_factor=schedule.reduction_factor,
        maximize=schedule.maximize,
    )

    def value(slot: int, rung: int) -> float:
        return float((slot * 7 + rung * 3) % 11)

    together = Simulation(schedule)
    while not isinstance(together.steps and together.steps[-1], Done):
        while len(together.running) < workers and not together.is_waiting():
            pass
        if together.running:
            slot = random.choice(together.running)
            together.finish(slot, value(slot, together.configurations[slot].rung))
    alone = Simulation(schedule).run_alone(value)
    assert together.configurations == alone.configurations


@given(schedules())
def test_one_worker_does_exactly_the_table(schedule):
    run = Simulation(schedule).run_alone(lambda slot, rung: float(slot % 5))
    counted: Counter[tuple[int, int]] = Counter()
    ends = [b.n_configurations for b in schedule.brackets]
    for slot, rung in run.trained:
        index = next(i for i in range(len(ends)) if slot < sum(ends[: i + 1]))
        counted[index, rung] += 1
    table = {
        (index, rung): n
        for index, bracket in enumerate(schedule.brackets)
        for rung, (n, _) in enumerate(bracket.rungs)
    }
    assert counted == table
    assert not any(isinstance(step, Wait) for step in run.steps)
    assert sum(isinstance(step, Promote) for step in run.steps) == sum(table.values()) - sum(ends)
    assert sum(isinstance(step, Sample) for step in run.steps) == sum(ends)
