"""Plans of searches with a time limit: epochs, and the largest network."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.data import PreparedData, load_dataset, prepare
from optuna_dnc.nets import MLPFamily
from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch, TrialDone, staged_search
from optuna_dnc.search.limits import pace as training_pace
from optuna_dnc.search.limits import time_plan
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.limits.time_plan import LEAST_OF_LARGEST, TimePlan, typical_epoch
from optuna_dnc.training import TrainingConfig
from tests.interruption import Killed
from tests.searches import SMALL

Search = Callable[..., StagedSearch]
Pace = Callable[[float, float], None]

pytestmark = pytest.mark.usefixtures("time_stands_still")

FAMILY = MLPFamily(n_layers=(1, 1), width=(4, 400))
TRAINING = TrainingConfig(epochs=60, batch_size=32)


@pytest.fixture(scope="module")
def data() -> PreparedData:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4_000, 5)), np.arange(4_000) % 3
    return prepare(load_dataset((x, y)), seed=0)


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Let a step of training take seconds for each network and for each of its parameters."""

    def timed(base: float, per_param: float) -> None:
        def time_epoch(family: Any, config: Any, data: Any, training: Any, **rest: Any) -> float:
            n_params = family.n_params(config, data.input_shape, data.n_outputs)
            n_steps = math.ceil(data.n_train / training.batch_size)
            return n_steps * (base + per_param * n_params)

        monkeypatch.setattr(training_pace, "time_epoch", time_epoch)

    return timed


def plan(data: PreparedData, seconds: float, *, may_shorten: bool = True) -> TimePlan:
    limit = TimeLimit(seconds)
    return time_plan.time_plan(FAMILY, data, TRAINING, limit, may_shorten=may_shorten)


def n_params(config: Any) -> int:
    return FAMILY.n_params(config, (5,), 3)


LARGEST, SMALLEST = FAMILY.largest(), FAMILY.config_type((4,))


def test_trainings_that_fit_have_all_epochs_and_all_networks(
    data: PreparedData, pace: Pace
) -> None:
    pace(1e-7, 1e-11)
    found = plan(data, 600.0)
    assert found == TimePlan(60, "n_params", math.inf, found.evaluation)


def test_slow_trainings_have_fewer_epochs_and_no_large_networks(
    data: PreparedData, pace: Pace
) -> None:
    pace(2e-4, 1e-6)
    found = plan(data, 60.0)
    assert 5 <= found.epochs < 60
    assert found.measure == "n_params"
    assert n_params(SMALLEST) < found.most < n_params(LARGEST)


def test_more_time_gives_more_of_both(data: PreparedData, pace: Pace) -> None:
    pace(2e-4, 1e-6)
    plans = [plan(data, seconds) for seconds in (30.0, 120.0, 1_000.0, 100_000.0)]
    epochs, most = ([getattr(p, name) for p in plans] for name in ("epochs", "most"))
    assert epochs == sorted(epochs)
    assert most == sorted(most)
    assert (epochs[0], epochs[-1], most[-1]) == (min(epochs), 60, math.inf)


def test_the_largest_network_takes_a_tenth_of_the_time(data: PreparedData, pace: Pace) -> None:
    pace(2e-4, 1e-6)
    limit = TimeLimit(60.0)
    found = time_plan.time_plan(FAMILY, data, TRAINING, limit, may_shorten=True)
    n_steps = math.ceil(data.n_train / 32) * (1 + data.n_val / data.n_train / 3)
    epoch = n_steps * (2e-4 + 1e-6 * found.most)
    assert 0.6 * found.epochs * epoch == pytest.approx(0.1 * limit.left)


def test_a_tight_plan_has_networks_that_take_up_to_a_third(data: PreparedData, pace: Pace) -> None:
    pace(3e-3, 4e-6)
    limit = TimeLimit(60.0)
    found = time_plan.time_plan(FAMILY, data, TRAINING, limit, may_shorten=True)
    n_steps = math.ceil(data.n_train / 32) * (1 + data.n_val / data.n_train / 3)
    largest = 0.6 * found.epochs * n_steps * (3e-3 + 4e-6 * found.most)
    assert 0.1 * limit.left < largest <= limit.left / 3


def test_epochs_that_are_given_stay_and_networks_are_smaller(
    data: PreparedData, pace: Pace
) -> None:
    pace(2e-4, 1e-6)
    shortened, whole = plan(data, 60.0), plan(data, 60.0, may_shorten=False)
    assert shortened.epochs < whole.epochs == 60
    assert whole.most < shortened.most


def test_some_networks_and_one_epoch_are_left_whatever_the_time(
    data: PreparedData, pace: Pace
) -> None:
    pace(10.0, 1.0)
    found = plan(data, 1.0)
    assert found.epochs == 1
    assert found.most == pytest.approx(LEAST_OF_LARGEST * n_params(SMALLEST))


def test_networks_that_take_hardly_longer_than_the_smallest_are_left(
    data: PreparedData, pace: Pace
) -> None:
    pace(5e-3, 1e-7)  # on a busy machine, any step takes long
    found = plan(data, 4.0)
    assert found.epochs < 14  # 1,500 steps
    assert found.most == math.inf


def test_a_busy_machine_is_slow(
    data: PreparedData, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(2e-4, 1e-6)
    quiet = plan(data, 60.0)
    monkeypatch.setattr(training_pace, "slowdown_since", lambda start: 4.0)
    pace(8e-4, 4e-6)  # each step waits for a CPU, too
    busy = plan(data, 240.0)
    assert busy.epochs == quiet.epochs
    assert busy.most == pytest.approx(quiet.most, rel=0.05)


def test_a_plan_is_read_as_it_was_stored() -> None:
    for most in (12.5, math.inf):
        made = TimePlan(7, "macs", most)
        assert TimePlan.from_dict(made.to_dict()) == made
    assert TimePlan(7, "macs", math.inf).to_dict()["most"] is None  # JSON has no infinity


def test_a_typical_network_is_between_the_smallest_and_the_largest(
    data: PreparedData, pace: Pace
) -> None:
    pace(1e-4, 1e-8)
    n_steps = math.ceil(data.n_train / 32) * (1 + data.n_val / data.n_train / 3)
    low, high = (n_steps * (1e-4 + 1e-8 * n_params(config)) for config in (SMALLEST, LARGEST))
    assert low < typical_epoch(FAMILY, data, TRAINING, TimeLimit()) < high


SPACE = SMALL["space"] | {"n_layers": (1, 1), "width": (4, 400), "refinements": ()}
LIMITED: dict[str, Any] = {"n_startup_trials": 4, "n_steps": 0, "space": SPACE}


@pytest.fixture
def unlimited(arrays: Any, tmp_path: Path) -> Callable[..., StagedSearch]:
    """A search whose number of epochs is not given."""

    def make(**changes: Any) -> StagedSearch:
        settings = SMALL | LIMITED | {"out": tmp_path / "run", "timeout": 60.0} | changes
        del settings["epochs"]
        return StagedSearch(arrays, **settings)

    return make


def test_a_search_keeps_its_plan(
    unlimited: Search, pace: Pace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(0.6, 2e-4)

    def die(event: object) -> None:
        if isinstance(event, TrialDone) and event.number == 2:
            raise Killed

    with pytest.raises(Killed):
        unlimited(on_event=die).run()
    kept = open_run(tmp_path / "run").studies.time_plan()
    assert kept is not None
    assert kept["epochs"] < 60
    most = kept["most"]
    # Neither another pace nor another limit changes a search that has begun.
    monkeypatch.setattr(time_plan, "time_plan", lambda *a, **k: pytest.fail("planned again"))
    result = unlimited(timeout=500.0).run()
    records = open_run(tmp_path / "run").ledger.records
    assert {record.training["epochs"] for record in records} == {kept["epochs"]}
    assert max(record.measured.costs["n_params"] for record in records) <= most < 3_000
    assert open_run(tmp_path / "run").studies.time_plan() == kept
    assert result.complete
    # The settings, by which a search is told from others, do not depend on the machine.
    assert open_run(result.path).settings["epochs"] == 60
    assert result.summary["settings"]["epochs"] == 60


def test_epochs_that_the_user_gives_are_not_planned(
    search: Search, pace: Pace, tmp_path: Path
) -> None:
    pace(4e-2, 1e-5)
    search(**LIMITED, epochs=3, timeout=60.0).run()
    assert open_run(tmp_path / "run").studies.time_plan()["epochs"] == 3


def test_a_search_that_began_without_a_limit_has_no_plan(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(event: object) -> None:
        if isinstance(event, TrialDone):
            raise Killed

    with pytest.raises(Killed):
        search(**LIMITED, on_event=die).run()
    monkeypatch.setattr(time_plan, "time_plan", lambda *a, **k: pytest.fail("planned"))
    search(**LIMITED, timeout=60.0).run()
    assert open_run(tmp_path / "run").studies.time_plan() is None


@pytest.mark.parametrize(
    ("preset", "seconds"), [("quick", 60.0), ("medium", 600.0), ("best", 3_600.0)]
)
def test_presets_limit_the_time(
    search: Search, monkeypatch: pytest.MonkeyPatch, preset: Any, seconds: float
) -> None:
    given, of = [], TimeLimit.of

    def noted(*arguments: Any) -> TimeLimit:
        limit = of(*arguments)
        given.append(limit.seconds)
        return limit

    monkeypatch.setattr(staged_search.TimeLimit, "of", noted)
    search(preset=preset)
    search(preset=preset, timeout=5.0)
    search()
    assert given == [seconds, 5.0, math.inf]
