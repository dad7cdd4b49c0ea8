"""Searches whose trainings sleep, so that the number of cores does not matter.

Workers are threads of one process. A network sleeps for as long as its key says, whoever trains
it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapreplace
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from optuna_dnc.pruners.claims import Claims
from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.search import search_run as runs
from optuna_dnc.search.stages.worker import Worker
from optuna_dnc.search.trials import training

SMALL = {
    "network": "mlp",
    "space": {"n_layers": (0, 2), "width": (2, 64)},
    "epochs": 1,
    "seed": 0,
    "device": "cpu",
    "progress": False,
    "refit": False,
    "floors": False,
}
"""Settings of a search of tiny networks."""


def dataset() -> tuple[np.ndarray, ...]:
    """Return 200 samples to train with and 100 to validate, of five columns."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5)).astype("f4")
    y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(int) + (x[:, 2] > 1)
    return x[:200], y[:200], x[200:], y[200:]


def seconds_of(key: str, mean: float, cv: float) -> float:
    """Return the seconds of a training: lognormal, by the key of its configuration."""
    sigma = np.sqrt(np.log1p(cv**2))
    return float(mean * np.random.default_rng(int(key[:8], 16)).lognormal(-(sigma**2) / 2, sigma))


@dataclass
class Account:
    """Where the workers of a search spend their time, in seconds of all workers together."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    held: list[tuple[float, float]] = field(default_factory=list)
    """Wall and processor seconds under the decision lock, each time."""
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, seconds: float) -> None:
        """Add to one of the items."""
        with self._guard:
            self.seconds[name] += seconds


@contextmanager
def sleeping(mean: float, cv: float, account: Account) -> Iterator[None]:
    """Let trainings sleep and count the time within the block."""
    fit, deciding, opened = training.fit_proposal, Claims.deciding, runs.SearchRun.opened

    def slow(context: Any, proposal: Any, key: str, *others: Any) -> Any:
        start = time.monotonic()
        result = fit(context, proposal, key, *others)
        time.sleep(max(0.0, seconds_of(key, mean, cv) - (time.monotonic() - start)))
        account.add("training", time.monotonic() - start)
        return result

    @contextmanager
    def timed(claims: Claims) -> Iterator[None]:
        start = time.monotonic()
        with deciding(claims):
            got, cpu = time.monotonic(), time.thread_time()
            account.add("waiting for the lock", got - start)
            try:
                yield
            finally:
                account.add("under the lock", time.monotonic() - got)
                account.held.append((time.monotonic() - got, time.thread_time() - cpu))

    def timed_opening(run: runs.SearchRun, *stage: Any) -> Any:
        start = time.monotonic()
        try:
            return opened(run, *stage)
        finally:
            account.add("opening stages (lock included)", time.monotonic() - start)

    with (
        patch.object(training, "fit_proposal", slow),
        patch.object(Claims, "deciding", timed),
        patch.object(runs.SearchRun, "opened", timed_opening),
    ):
        yield


def search(folder: Path, **options: Any) -> StagedSearch:
    """Return a search in a folder."""
    return StagedSearch(dataset(), out=folder, **{**SMALL, **options})


def run_workers(
    folder: Path, n_workers: int, account: Account, *, look_ahead: bool = True, **options: Any
) -> float:
    """Run the stages of a search by threads, and return their wall seconds.

    Args:
        folder: Folder of the run, which does not exist.
        n_workers: Number of workers.
        account: Gets the seconds.
        look_ahead: Whether workers that would wait train ahead.
        **options: Options of the search.
    """
    with search(folder, **options).begun():
        pass
    ready, ends = threading.Barrier(n_workers + 1), []

    def work() -> None:
        with search(folder, **options).joined() as run:
            ready.wait()
            while run._position < len(run.stages):
                outcome = run.work_once()
                if run._folds is not None:
                    break
                start = time.monotonic()
                run.wait_after(outcome)
                account.add("pauses", time.monotonic() - start)
            ends.append(time.monotonic())
            account.add("at the end", -ends[-1])
            ready.wait()

    threads = [threading.Thread(target=work) for _ in range(n_workers)]
    alone = patch.object(Worker, "has_company", lambda worker: False)
    if not look_ahead:
        alone.start()
    try:
        for thread in threads:
            thread.start()
        ready.wait()
        start = time.monotonic()
        ready.wait()
        for thread in threads:
            thread.join()
    finally:
        if not look_ahead:
            alone.stop()
    account.add("at the end", n_workers * max(ends))
    return max(ends) - start


def needed_seconds(folder: Path, n_workers: int, mean: float, cv: float) -> tuple[float, float]:
    """Return the seconds of all trainings that a run asked for: their sum, and by the clock.

    By the clock if each worker takes the next one at once, and a stage or a grid begins when the
    one before has ended.
    """
    total = clock = 0.0
    for study in open_run(folder).study_of.values():
        for _, grid in groupby(study.trials, lambda trial: trial.user_attrs.get("refinement")):
            free = [clock] * n_workers
            for trial in grid:
                if not trial.user_attrs.get("reused_from"):
                    seconds = seconds_of(trial.user_attrs["key"], mean, cv)
                    total += seconds
                    heapreplace(free, free[0] + seconds)
            clock = max(free)
    return total, clock
