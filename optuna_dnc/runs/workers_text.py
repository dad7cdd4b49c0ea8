"""Workers of a run in words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from optuna_dnc._formats import count, duration
from optuna_dnc.runs.workers import Doing, WorkerStatus

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
        doing = "waits" if worker.doing is None else _in_words(worker.doing, now)
        yield f"{worker.host} {worker.device}, process {worker.pid}: {doing}"
    others = workers[most:]
    if others:
        n_training = sum(worker.doing is not None for worker in others)
        yield f"and {count(len(others), 'more worker')}, {n_training} of them training"


def _in_words(doing: Doing, now: float) -> str:
    # Clocks of machines differ.
    return f"{doing.trial} for {duration(max(now - doing.since, 0.0))}, {doing.network}"
