"""Workers in words, as progress and status show them."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from optuna_dnc.runs.workers import Doing, WorkerStatus
from optuna_dnc.runs.workers_text import worker_lines
from optuna_dnc.search.progress.bars import Line, SearchBars

IDLE = WorkerStatus(id="a", host="node7", pid=31200, device="cuda:0", threads=4, since=0.0)
BUSY = replace(IDLE, doing=Doing(trial="training/12", network="MLP 32-16", since=1000.0))


def test_a_line_says_where_a_worker_runs_and_what_it_trains() -> None:
    assert list(worker_lines([IDLE, BUSY], now=1075.0)) == [
        "node7 cuda:0, process 31200: waits",
        "node7 cuda:0, process 31200: training/12 for 1:15 min, MLP 32-16",
    ]


def test_a_training_that_no_trial_has_asked_for_is_named_in_words() -> None:
    ahead = replace(BUSY, doing=Doing(trial="ahead/3", network="MLP 32-16", since=1000.0))
    assert list(worker_lines([ahead], now=1075.0)) == [
        "node7 cuda:0, process 31200: training ahead of its stage for 1:15 min, MLP 32-16"
    ]


def test_a_clock_that_is_behind_gives_no_negative_time() -> None:
    assert "for 0 s" in next(worker_lines([BUSY], now=900.0))


def test_of_many_workers_the_first_have_a_line() -> None:
    lines = list(worker_lines([IDLE] * 2 + [BUSY, IDLE], most=2))
    assert (len(lines), lines[-1]) == (3, "and 2 more workers, 1 of them training")


def test_the_lines_of_many_workers_fit_into_a_terminal() -> None:
    long = replace(BUSY, doing=Doing(trial="training/12", network="MLP 32-16" * 20, since=0.0))
    bars = SearchBars()
    bars.stages.append(Line("training", 30))
    bars.workers = [long] * 40
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, no_color=True)
    lines = console.render_lines(bars, pad=False)
    assert len(lines) == 1 + 8 + 1
    assert all(sum(segment.cell_length for segment in line) <= 80 for line in lines)
