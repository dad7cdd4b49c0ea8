"""Counts and time left of a search while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from optuna_dnc.runs import SearchStatus, open_run, search_status
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.life_cycle import Outlook
from optuna_dnc.search import StagedSearch, TrialDone
from tests.interruption import Killed

Search = Callable[..., StagedSearch]


def seen_at(search: Search, stage: str, number: int, **changes: object) -> SearchStatus:
    """Return the status after a trial of a stage."""
    seen: list[SearchStatus] = []

    def look(event: object) -> None:
        if isinstance(event, TrialDone) and (event.stage, event.number) == (stage, number):
            seen.append(search_status(staged.folder.path))
            raise Killed  # the rest of the search tells nothing

    staged = search(on_event=look, **changes)
    with pytest.raises(Killed):
        staged.run()
    (status,) = seen
    return status


def test_a_running_search_tells_how_many_trials_are_expected(search: Search) -> None:
    status = seen_at(search, "remaining-architecture", 1)
    core, remaining, training = status.stages
    assert status.state == "running"
    assert (core.n_trials, core.n_expected) == (4, 4)
    assert remaining.n_trials == 1 < (remaining.n_expected or 0)
    assert (training.n_trials, training.n_expected) == (0, 4)
    assert (status.seconds_left or 0) > 0


def test_after_the_last_trial_the_time_to_the_result_is_left(search: Search) -> None:
    status = seen_at(search, "training", 4, floors=True)
    assert [stage.n_trials == stage.n_expected for stage in status.stages] == [True] * 3
    outlook = open_run(status.path, to_read=True).studies.outlook()
    assert outlook.of_stages(open_run(status.path, to_read=True).ledger) == 0
    assert outlook.to_result > 1  # the simple models


def test_the_time_to_the_result_passes_when_the_stages_have_ended() -> None:
    outlook = Outlook({}, to_result=100.0)
    assert outlook.seconds_left(Ledger()) == 100
    ended = replace(outlook.after_stages(100.0), stages_end_at=time.time() - 40)
    assert ended.seconds_left(Ledger()) == pytest.approx(60, abs=5)
    assert replace(ended, stages_end_at=time.time() - 400).seconds_left(Ledger()) == 0
    assert Outlook.from_dict(ended.to_dict()) == ended
    assert Outlook.from_dict({"stages": {}, "ends_at": None}) == Outlook({})
    assert outlook.is_like(replace(outlook, to_result=95.0))
    assert not outlook.is_like(replace(outlook, to_result=70.0))


def test_with_a_time_limit_the_time_left_is_at_most_that(search: Search) -> None:
    status = seen_at(search, "core-architecture", 1, timeout=20, n_steps=None)
    assert status.stages[0].n_expected is None
    assert 0 < (status.seconds_left or 0) <= 20


def test_a_search_that_has_ended_has_no_time_left(whole_search: Path) -> None:
    status = search_status(whole_search)
    assert (status.state, status.seconds_left) == ("complete", None)
    assert [stage.n_trials == stage.n_expected for stage in status.stages] == [True] * 3
