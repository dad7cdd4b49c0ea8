"""Workers of a run in words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from optuna_dnc._formats import count, duration
from optuna_dnc.runs.stage_keys import AHEAD
from optuna_dnc.runs.workers import WorkerStatus

MOST_LINES = 8
"""Largest number of workers that have a line each in a display."""


def worker_lines(
    workers: Sequence[WorkerStatus], most: int = MOST_LINES, now: float | None = None
) -> Iterator[str]:
    """Yield a line for each worker: where it runs, what it trains and for how long.

    The description of the network comes last: displays cut lines at their end.

    Args:
        workers: Live workers.
        most: Number of workers that have a line each; one more line counts the others.
        now: Seconds since the epoch; None for now.
    """
    now = time.time() if now is None else now
    for worker in workers[:most]:
        yield f"{_place(worker)}: {_doing(worker, now)}"
    others = workers[most:]
    if others:
        n_training = sum(worker.doing is not None for worker in others)
        yield f"and {count(len(others), 'more worker')}, {n_training} of them training"


def _place(worker: WorkerStatus) -> str:
    return f"{worker.host} {worker.device}, process {worker.pid}"


def _doing(worker: WorkerStatus, now: float) -> str:
    doing = worker.doing
    if doing is None:
        return "waits"
    # Clocks of machines differ.
    took = duration(max(now - doing.since, 0.0))
    return f"{trial_in_words(doing.trial)} for {took}, {doing.network}"


def trial_in_words(name: str) -> str:
    """Return the name of a trial; in words that of a training which no trial has asked for yet."""
    is_ahead = name.startswith(f"{AHEAD.name}/")
    return "training ahead of its stage" if is_ahead else name
