"""The leaderboard: one row for each architecture, best first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import Record, open_run
from optuna_dnc.runs.leaderboard import leaderboard
from optuna_dnc.search import SearchResult
from tests.runs.test_ledger import FULL


def trained(
    number: int, width: int, loss: float, error: float, n_params: float, **changes: Any
) -> Record:
    """A training, with a key of its own, of the network of this width."""
    costs = {"n_params": n_params, "t_epoch": 0.01}
    return replace(
        FULL,
        trial_number=number,
        key=f"key {number}",
        loss=loss,
        config={"widths": [width]},
        description=f"width {width}",
        measured=replace(FULL.measured, error=error, val_accuracy=1 - error, costs=costs),
        **changes,
    )


BEST, AGAIN, SMALL, DOMINATED = (
    trained(0, 8, -1.0, 0.10, 800),
    trained(1, 8, -0.9, 0.12, 800),
    trained(2, 4, -0.8, 0.15, 400),
    trained(3, 16, -0.7, 0.15, 1600),
)


def test_trainings_of_an_architecture_share_a_row_and_the_first_row_is_the_answer(
    searched: Path,
) -> None:
    run = open_run(searched)
    rows = run.leaderboard
    assert rows[0].record == run.ledger.best
    assert sorted(label for row in rows for label in row.trials) == sorted(
        record.label for record in run.ledger.records
    )
    assert len({json.dumps(row.config) for row in rows}) == len(rows) < len(run.ledger.records)
    assert [row.loss for row in rows] == sorted(row.loss for row in rows)
    (of_best,) = (row for row in rows if row.config == run.ledger.best.config)
    assert of_best.n_trainings == len(
        {record.key for record in run.ledger.records if record.config == of_best.config}
    )


def test_the_front_has_what_is_neither_worse_nor_dearer_than_another() -> None:
    rows = leaderboard([BEST, AGAIN, SMALL, DOMINATED], "n_params")
    assert [(row.network, row.on_front) for row in rows] == [
        ("width 8", True), ("width 4", True), ("width 16", False),
    ]  # fmt: skip


def test_unfinished_trainings_come_after_finished_ones_and_failed_ones_last() -> None:
    def stopped(number: int, epochs: int, **changes: Any) -> Record:
        record = trained(number, number, -3.0, 0.01, 10, pruned=True, **changes)
        return replace(record, measured=replace(record.measured, epochs_run=epochs))

    failed = trained(6, 6, -4.0, 1.0, 10)
    failed = replace(failed, measured=replace(failed.measured, best_epoch=0, status="diverged"))
    rows = leaderboard([failed, stopped(4, 1), stopped(5, 3, waits=True), BEST], "n_params")
    assert [(row.network, row.state, row.on_front) for row in rows] == [
        ("width 8", "finished", True),
        ("width 5", "waiting for promotion", False),
        ("width 4", "stopped early", False),
        ("width 6", "failed", False),
    ]


def test_a_finished_training_of_an_architecture_counts_before_a_stopped_one() -> None:
    cut = trained(9, 8, -5.0, 0.01, 800, pruned=True)
    (row,) = leaderboard([cut, BEST], "n_params")
    assert row.record == BEST
    assert row.n_trainings == 2
    assert row.described == "width 8"


def test_without_a_finished_training_the_longest_is_first() -> None:
    short = trained(1, 1, -3.0, 0.1, 10, pruned=True)
    short = replace(short, measured=replace(short.measured, epochs_run=1))
    longest = trained(2, 2, -2.0, 0.1, 10, pruned=True)
    rows = leaderboard([short, longest], "n_params")
    assert [row.described for row in rows] == [
        "width 2 (stopped early)",
        "width 1 (stopped early)",
    ]


@pytest.mark.parametrize("width", [100, 80, 60])
def test_the_table_fits_and_keeps_what_matters(width: int) -> None:
    long = replace(BEST, description="width 8 " + "of many words " * 20)
    board = leaderboard([long, SMALL, DOMINATED], "n_params")
    table = board.to_text(width)
    assert max(map(len, table.splitlines())) <= width
    for kept in ("loss", "val acc", "params", "network", "1*  -1.000   90.00%     800"):
        assert kept in table
    assert ("trainings" in table) == (width >= 80)
    assert "* on the Pareto front of error and parameters" in table


def test_the_penalized_cost_is_never_left_out() -> None:
    table = leaderboard([BEST, SMALL], "t_epoch").to_text(40)
    assert "s/epoch" in table
    assert "params" not in table


def test_a_result_gives_frozen_rows_for_a_table_of_ones_own(searched: Path) -> None:
    result = SearchResult.load(searched)
    board = result.leaderboard()
    first = board[0].to_dict()
    assert json.loads(json.dumps(first)) == first
    assert first["loss"] == result.best.loss
    assert first["n_params"] == result.best.n_params
    assert first["trial"] == f"{result.best.stage}/{result.best.trial_number}"
    assert len(result.leaderboard(2)) == 2
    assert repr(result.leaderboard(1)).splitlines()[1].startswith("1")
    assert repr(board[0]).startswith("LeaderboardRow(rank=1, ")
    with pytest.raises(AttributeError):
        board[0].rank = 2  # type: ignore[misc]
    with pytest.raises(InputError, match="n must be an int of at least 1, got 0"):
        result.leaderboard(0)


def test_the_summary_lists_architectures(searched: Path) -> None:
    leaders = SearchResult.load(searched).summary["leaders"]
    rows = open_run(searched).leaderboard
    assert [leader["network"] for leader in leaders] == [row.network for row in rows[:10]]
    assert [leader["n_trainings"] for leader in leaders] == [row.n_trainings for row in rows[:10]]
