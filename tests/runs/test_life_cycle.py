"""The state of a run follows from what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optuna_dnc.objectives import unusable
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.life_cycle import Outlook, StageOutlook, State, Wanted, state_of_run
from optuna_dnc.runs.records import Crash
from tests.runs.test_ledger import FULL, stopped

DIVERGED = replace(FULL, measured=unusable("classification", FULL.measured.costs, "diverged"))
CRASH = Crash(
    stage=FULL.stage,
    trial_number=1,
    config={},
    training={},
    description="",
    key="b",
    meaning="out of memory",
)
WAITS = replace(stopped(1, 3, -1.0), waits=True)


def expected(n_trials: int | None) -> Outlook:
    return Outlook({FULL.stage: StageOutlook(n_trials)})


@pytest.mark.parametrize(
    ("state", "ledger", "outlook"),
    [
        ("running", Ledger(), None),
        ("running", Ledger([FULL]), expected(2)),
        ("running", Ledger([FULL]), expected(None)),  # until its time is up
        ("running", Ledger([FULL, WAITS]), expected(2)),
        ("finishing", Ledger([FULL]), expected(1)),
    ],
)
@pytest.mark.parametrize("wanted", ["run", "pause"])
def test_a_live_process_is_running_finishing_or_pausing(
    state: State, ledger: Ledger, outlook: Outlook | None, wanted: Wanted
) -> None:
    found = state_of_run(is_live=True, wanted=wanted, ledger=ledger, outlook=outlook, summary=None)
    assert found == ("pausing" if wanted == "pause" else state)


@pytest.mark.parametrize(
    ("state", "ledger", "outlook"),
    [
        ("new", Ledger(), None),
        ("stopped", Ledger([FULL]), expected(2)),
        ("stopped", Ledger(), expected(2)),
        ("stopped", Ledger([FULL]), None),  # of an earlier version
        ("stopped", Ledger([DIVERGED]), expected(2)),
        ("stopped", Ledger([DIVERGED]), expected(None)),
        ("failed", Ledger([DIVERGED]), expected(1)),
        ("failed", Ledger([DIVERGED], [CRASH]), expected(2)),
        ("stopped", Ledger([FULL], [CRASH]), expected(2)),
    ],
)
def test_without_a_process_a_run_is_new_stopped_or_failed(
    state: State, ledger: Ledger, outlook: Outlook | None
) -> None:
    found = state_of_run(is_live=False, wanted="run", ledger=ledger, outlook=outlook, summary=None)
    assert found == state


@pytest.mark.parametrize(
    ("state", "wanted", "summary"),
    [
        ("complete", "run", {"complete": True}),
        ("complete", "pause", {"complete": True}),
        ("stopped", "run", {"complete": False}),
        ("paused", "pause", {"complete": False}),
        ("paused", "pause", None),
        ("chosen", "run", {"complete": True, "chosen": {"stage": "training"}}),
        ("chosen", "run", {"complete": False, "chosen": {"stage": "training"}}),
    ],
)
def test_a_result_or_the_wish_for_a_pause_decides(
    state: State, wanted: Wanted, summary: dict[str, Any] | None
) -> None:
    found = state_of_run(
        is_live=False, wanted=wanted, ledger=Ledger([FULL]), outlook=expected(2), summary=summary
    )
    assert found == state


def test_a_process_that_works_on_a_complete_search_is_running() -> None:
    found = state_of_run(
        is_live=True,
        wanted="run",
        ledger=Ledger([FULL]),
        outlook=expected(None),
        summary={"complete": True},
    )
    assert found == "running"
