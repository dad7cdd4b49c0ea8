"""What is shown follows a search that runs elsewhere, at a hundredth of its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages import RDBStorage
from optuna_dashboard import get_note
from plotly import graph_objects as go

from optuna_dnc._optuna_compat import storage_and_id
from optuna_dnc.report import figures
from optuna_dnc.report.dashboard import publishing
from optuna_dnc.report.dashboard import serve as dashboard_updates
from optuna_dnc.report.dashboard.serve import FIRST, SHARE, Budget, Updates
from optuna_dnc.runs import open_run

PATIENCE = 20.0
"""Seconds after which something that should happen is taken not to."""

Start = Callable[..., Updates]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, finished_copy: Path) -> Iterator[Start]:
    """Start publishing the copy, with one figure only; stopped at the end."""
    drawn = {"cost": go.Figure(layout={"title": {"text": "Cost"}})}
    monkeypatch.setattr(figures, "figures", lambda search: drawn)
    monkeypatch.setattr(dashboard_updates, "LOOK", 0.05)
    started = []

    def make(complain: Callable[[str], None] = pytest.fail) -> Updates:
        storage = RDBStorage(f"sqlite:///{finished_copy}/study.db")
        updates = Updates(open_run(finished_copy, storage), storage, complain)
        started.append(updates)
        updates.start(PATIENCE)
        return updates

    yield make
    for updates in started:
        updates.stop()


@pytest.fixture
def running(finished_copy: Path) -> Iterator[FileLock]:
    """What a process that searches holds."""
    lock = FileLock(finished_copy / ".lock")
    with lock:
        yield lock


def study_of(folder: Path) -> optuna.Study:
    return optuna.load_study(
        study_name=f"{folder.name}/3-training", storage=f"sqlite:///{folder}/study.db"
    )


def has_figures(folder: Path) -> bool:
    storage, number = storage_and_id(study_of(folder))
    keys = storage.get_study_system_attrs(number)
    return any(key.startswith("dashboard:plot_data:dnc-") for key in keys)


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def test_a_search_that_just_began_is_published_when_it_ends(
    finished_copy: Path, running: FileLock, start: Start
) -> None:
    start()
    assert get_note(study_of(finished_copy)) == ""
    running.release()
    assert eventually(lambda: "**complete**" in get_note(study_of(finished_copy)))
    assert has_figures(finished_copy)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("affordable", ["notes", "figures"])
def test_a_search_that_runs_gets_what_it_affords(
    finished_copy: Path, start: Start, monkeypatch: pytest.MonkeyPatch, affordable: str
) -> None:
    monkeypatch.setitem(dashboard_updates.FIRST, affordable, 0.0)
    start()
    assert "**running**" in get_note(study_of(finished_copy))
    assert has_figures(finished_copy) == (affordable == "figures")


def test_a_search_that_begins_again_pays_from_its_budget(
    finished_copy: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_updates, "PAUSE", 0.0)
    looks: list[str | None] = []
    monkeypatch.setattr(Budget, "spend", lambda self, what, seconds: looks.append(what))
    start()
    with FileLock(finished_copy / ".lock"):
        assert eventually(lambda: len(looks) > 0)
        assert looks == [None]  # it was looked at, and nothing is affordable
        assert "**complete**" in get_note(study_of(finished_copy))


@given(
    costs=st.tuples(st.floats(0.01, 5), st.floats(0.01, 5)),
    pauses=st.lists(st.floats(1, 500), max_size=50),
)
def test_publishing_keeps_to_its_share(costs: tuple[float, float], pauses: list[float]) -> None:
    cost = dict(zip(("notes", "figures"), costs, strict=True))
    budget, searched, spent = Budget(), 0.0, 0.0
    budget.spend("notes", cost["notes"])
    budget.spend("figures", cost["figures"])  # what each takes is known from now on
    for pause in pauses:
        searched += pause
        for what in ("figures", "notes"):
            if budget.affords(what, searched):
                budget.spend(what, cost[what])
                spent += cost[what]
                break
        assert spent <= SHARE * searched


def test_notes_leave_something_for_figures() -> None:
    budget = Budget()
    for searched in range(0, 1000, 20):
        if budget.affords("figures", searched):
            break
        if budget.affords("notes", searched):
            budget.spend("notes", 1.0)
    assert FIRST["figures"] / SHARE <= searched < 2 * FIRST["figures"] / SHARE


def test_a_problem_is_told_once_and_publishing_tried_again(
    finished_copy: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PATIENCE", 0.01)
    monkeypatch.setattr(dashboard_updates, "PAUSE", 0.0)
    tries = []
    publish = dashboard_updates.publish
    monkeypatch.setattr(
        dashboard_updates, "publish", lambda *a, **k: (tries.append(a), publish(*a, **k))
    )
    problems: list[str] = []
    with FileLock(finished_copy / ".publishing.lock"):
        start(problems.append)
        assert eventually(lambda: len(tries) > 2)
        assert get_note(study_of(finished_copy)) == ""
    assert eventually(lambda: "**complete**" in get_note(study_of(finished_copy)))
    assert len(problems) == 1
    assert "another process" in problems[0]
