"""``optuna-dnc leaderboard``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optuna_dnc.runs import open_run
from tests.cli.conftest import Run


@pytest.mark.usefixtures("in_finished_search")
def test_it_shows_one_row_for_each_architecture(run: Run) -> None:
    rows = open_run(Path("run")).leaderboard
    shown = run("leaderboard", "run", "-n", 2)
    assert shown.code == 0
    assert shown.out.splitlines()[0].split()[:3] == ["loss", "val", "acc"]
    assert rows[0].network in shown.out.splitlines()[1]
    listed = json.loads(run("leaderboard", "run", "--json").out)
    assert [row["network"] for row in listed] == [row.network for row in rows]


@pytest.mark.usefixtures("in_finished_search")
def test_a_trial_has_the_name_by_which_it_is_chosen(run: Run) -> None:
    row = open_run(Path("run")).leaderboard[-1]
    assert row.record.label in open_run(Path("run")).leaderboard.to_text(150)
    assert run("choose", "run", row.record.label).code == 0
    answer = open_run(Path("run")).answer_record
    assert answer is not None
    assert answer.label == row.record.label


@pytest.mark.usefixtures("in_finished_search")
def test_a_number_of_rows_that_cannot_be_is_refused(run: Run) -> None:
    refused = run("leaderboard", "run", "-n", 0)
    assert (refused.code, refused.out) == (2, "")
    assert "--rows must be an int of at least 1, got 0" in refused.err
