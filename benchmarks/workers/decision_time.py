"""How long does a worker hold the decision lock, and what does its storage cost?

One worker runs a joint search of tiny networks in an SQLite file. Each trial has two decisions:
what to train, and the record of its outcome. It prepares the first as if there were other workers,
but none interferes. Seconds are those of the processor, so that other
processes do not count; storage seconds are those of its thread within the methods of the storage.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from optuna.storages import BaseStorage

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.workers.sleeping import search
from optuna_dnc._optuna_compat.worker_storage import WorkerStorage
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.search.stages.worker import DONE, Worker
from optuna_dnc.search.trials.training import MOST_REPORTS

REPORT = "set_trial_intermediate_value"


class StorageTimes:
    """Processor seconds and calls by method, of the outermost calls alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._inside = threading.local()

    def timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method that is timed."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "now", False):
                return method(*args, **kwargs)
            self._inside.now, start = True, time.thread_time()
            try:
                return method(*args, **kwargs)
            finally:
                self._inside.now = False
                self.seconds[name] += time.thread_time() - start
                self.calls[name] += 1

        return call

    @contextmanager
    def of(self, storage: type[WorkerStorage]) -> Iterator[None]:
        """Time the methods of a worker's storage within the block."""
        names = {n for n in dir(BaseStorage) if callable(getattr(BaseStorage, n)) and n[0] != "_"}
        names |= {"set_trial_user_attrs", "_write"}  # several rows by one commit
        with ExitStack() as patches:
            for name in names:
                timed = self.timed(name, getattr(storage, name))
                patches.enter_context(patch.object(storage, name, timed))
            yield


def main() -> None:
    options = parser(__doc__ or "", "workers/decision_time")
    options.add_argument("--trials", type=int, default=500)
    options.add_argument("--seconds", type=float, default=20.0, help="of a training")
    given = options.parse_args()
    quiet()
    folder, times = Path(tempfile.mkdtemp(prefix="decision")), StorageTimes()
    settings = {
        "strategy": "joint",
        "pruner": "none",
        "n_startup_trials": 15,
        "n_steps": given.trials - 15,
    }
    held: list[float] = []
    deciding, step = Claims.deciding, Worker.step
    firsts: list[float] = []

    @contextmanager
    def timed(claims: Claims) -> Iterator[None]:
        with deciding(claims):
            start = time.thread_time()
            try:
                yield
            finally:
                held.append(time.thread_time() - start)

    def counted(worker: Worker, *args: Any, **kwargs: Any) -> Any:
        n_before = len(held)
        outcome = step(worker, *args, **kwargs)
        firsts.extend(held[n_before : n_before + 1])
        return outcome

    try:
        with search(folder / "run", **settings).begun():
            pass
        with (
            patch.object(Claims, "deciding", timed),
            patch.object(Worker, "step", counted),
            patch.object(Worker, "has_company", lambda worker: True),
            search(folder / "run", **settings).joined() as run,
            times.of(WorkerStorage),
        ):
            while len(firsts) < given.trials and run.work_once() != DONE:
                pass
    finally:
        shutil.rmtree(folder)
    rows = []
    for until in (50, 100, 200, 500, 1000):
        if until <= len(firsts):
            last = 1e3 * np.array(firsts[until - 25 : until])
            rows.append(
                {
                    "trials": until,
                    "median ms": rounded(float(np.median(last)), 3),
                    "max ms": rounded(float(last.max()), 3),
                }
            )
    print_table(rows)
    reports = times.seconds[REPORT] / max(times.calls[REPORT], 1)
    per_trial = sum(times.seconds.values()) / given.trials + (MOST_REPORTS - 1) * reports
    storage = {
        "ms a trial": rounded(1e3 * per_trial, 3),
        "share of a training": rounded(per_trial / given.seconds, 3),
        "by method, ms a trial": {
            name: rounded(1e3 * seconds / given.trials, 3)
            for name, seconds in sorted(times.seconds.items(), key=lambda item: -item[1])
        },
    }
    print(storage)
    save(given.json, rows=rows, training_seconds=given.seconds, storage=storage)


if __name__ == "__main__":
    main()
