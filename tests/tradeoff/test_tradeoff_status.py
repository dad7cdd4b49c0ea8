"""Status of a trade-off before, during and after its searches."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import pause
from optuna_dnc.runs.workers import Doing, WorkerStatus
from optuna_dnc.search import Event, Paused, TrialDone
from optuna_dnc.tradeoff import Tradeoff
from optuna_dnc.tradeoff.pausing import pause_tradeoff
from optuna_dnc.tradeoff.status import TradeoffStatus, each_once, tradeoff_status
from tests.searches import trials_of
from tests.tradeoff.tradeoffs import small, train_small

TWO: dict[str, Any] = {"wc": (0.0, 1.0), "refit": False}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TradeoffStatus]:
    """The status after each trial, by ``wc`` and stage, and at the end; not to be changed."""
    out = tmp_path_factory.mktemp("status") / "run"
    seen: dict[str, TradeoffStatus] = {}

    def note(wc: float, event: Event) -> None:
        if isinstance(event, TrialDone):
            seen.setdefault(f"{wc:g} {event.stage}", tradeoff_status(out))

    train_small(out, **TWO, on_event=note)
    return seen | {"end": tradeoff_status(out)}


def test_it_runs_while_any_of_its_searches_does(seen: dict[str, TradeoffStatus]) -> None:
    status = seen["1 core-architecture"]
    assert (status.state, status.n_ended, status.n_searches) == ("running", 0, 2)
    assert [search.settings["wc"] for search in status.searches] == [0.0, 1.0]
    assert len(status.workers) == 1  # one process, in both searches


def test_the_trials_and_the_time_of_all_searches_are_known_from_the_first_trial_on(
    seen: dict[str, TradeoffStatus],
) -> None:
    begins, *_, ends = (status for name, status in seen.items() if name != "end")
    for status in (begins, ends):
        expected = [stage.n_expected for search in status.searches for stage in search.stages]
        assert None not in expected
        assert all(search.seconds_left is not None for search in status.searches[1:])
    assert begins.seconds_left is not None
    assert ends.seconds_left is not None
    assert begins.seconds_left > 0


def test_it_is_complete_when_all_of_its_searches_are(seen: dict[str, TradeoffStatus]) -> None:
    status = seen["end"]
    assert (status.state, status.n_ended, status.seconds_left) == ("complete", 2, None)
    assert not status.is_live
    assert not status.workers


def test_one_that_is_prepared_is_new(tmp_path: Path) -> None:
    small(tmp_path / "run", **TWO).prepare()
    status = tradeoff_status(tmp_path / "run")
    assert (status.state, status.n_ended, status.n_searches) == ("new", 0, 2)


def test_a_search_that_has_not_begun_is_named(
    seen: dict[str, TradeoffStatus], tmp_path: Path
) -> None:
    shutil.copytree(seen["end"].path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "wc-0")
    status = tradeoff_status(tmp_path / "run")
    assert (status.state, status.not_begun) == ("stopped", ("wc-0",))
    shutil.rmtree(tmp_path / "run" / "wc-1")
    assert tradeoff_status(tmp_path / "run").state == "new"


def test_searches_that_were_run_one_by_one_have_a_status(
    seen: dict[str, TradeoffStatus], tmp_path: Path
) -> None:
    for name in ("wc-0", "wc-1"):
        shutil.copytree(seen["end"].path / name, tmp_path / f"copy of {name}")
    Tradeoff.load(tmp_path).save()
    status = tradeoff_status(tmp_path)
    assert (status.state, status.n_ended, status.n_searches) == ("complete", 2, 2)


def test_a_folder_without_a_trade_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tradeoff\.json"):
        tradeoff_status(tmp_path)


def test_a_worker_of_several_searches_is_shown_with_what_it_trains() -> None:
    waits = WorkerStatus(id="a", host="node7", pid=31, device="cpu", threads=1, since=0.0)
    trains = replace(waits, id="b", doing=Doing(trial="training/3", network="4", since=0.0))
    other = replace(waits, id="c", pid=32)
    assert each_once([waits, trains, waits, other]) == (trains, other)


def test_a_trade_off_is_paused_as_a_whole_and_goes_on_by_its_command(
    seen: dict[str, TradeoffStatus], tmp_path: Path
) -> None:
    out = tmp_path / "run"

    def pause_once(wc: float, event: Event) -> None:
        if isinstance(event, TrialDone) and event.stage == "core-architecture":
            assert wc == 1.0
            pause_tradeoff(out)
            assert tradeoff_status(out).state == "pausing"

    with pytest.raises(Paused):
        train_small(out, **TWO, on_event=pause_once)
    assert tradeoff_status(out).state == "paused"
    found = train_small(out, **TWO)
    assert found.complete
    assert [trials_of(out / name) for name in ("wc-0", "wc-1")] == [
        trials_of(seen["end"].path / name) for name in ("wc-0", "wc-1")
    ]
    with pytest.raises(InputError, match="has ended"):
        pause_tradeoff(out)


def test_to_pause_one_search_pauses_the_others(tmp_path: Path) -> None:
    small(tmp_path / "run", **TWO).prepare()
    pause(tmp_path / "run" / "wc-0")
    assert [s.state for s in tradeoff_status(tmp_path / "run").searches] == ["paused", "paused"]
