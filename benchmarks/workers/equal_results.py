"""Is the search of many workers that of one, in every storage?

Counted from the storage: trials that are lost, doubled or not ended, and networks trained twice.
Stage 1 of a staged search is run by one worker; stage 2 must then be the same for any number of
them. Workers are threads with connections of their own. The servers of databases are started by
the script. Rows of earlier runs with other arguments are kept.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import optuna
import pytest

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.workers.sleeping import search
from optuna_dnc.runs import Run, open_run
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.trials import training
from tests.servers import MariaDB, Postgres, Redis, Server, started

SHORT: dict[str, Any] = {"n_startup_trials": 4, "n_steps": 4}
PLANS: dict[str, dict[str, Any]] = {
    "staged": SHORT,
    "joint": SHORT | {"strategy": "joint", "pruner": "none"},
    "median": SHORT | {"strategy": "joint", "pruner": "median", "epochs": 3},
    "hyperband": SHORT | {"strategy": "joint", "pruner": "hyperband", "epochs": 4, "budget": 20},
}
SERVERS: dict[str, tuple[type[Server], str]] = {
    "postgresql": (Postgres, "psycopg"),
    "mariadb": (MariaDB, "pymysql"),
    "redis": (Redis, "redis"),
}
KEY = ("storage", "plan", "workers")
STORAGES = ("sqlite", "journal", *SERVERS)


@contextmanager
def counted(trained: Counter[str]) -> Iterator[None]:
    """Count trainings by network and epochs; they take turns, for torch's random numbers."""
    fit, turn = training.fit_proposal, threading.Lock()

    def counting(context: Any, proposal: Any, key: str, *others: Any) -> Any:
        with turn:
            result = fit(context, proposal, key, *others)
            trained[f"{key}/{len(result.epochs)}"] += 1
        time.sleep(0.05)
        return result

    with patch.object(training, "fit_proposal", counting):
        yield


def work(make: partial[StagedSearch], *, stages: int | None = None) -> None:
    """Take part in a search to its end, or in its first stages."""
    with make().joined() as run:
        while stages is None or run._position < stages:
            outcome = run.work_or_finish()
            if outcome == "done":
                break
            run.wait_after(outcome)


def shown(run: Run, stage: str) -> list[tuple[Any, ...]]:
    """Return what must be equal in the trials of a stage."""
    return [
        (t.number, t.state, t.params, t.value, t.intermediate_values, t.user_attrs.get("key"))
        for t in run.study_of[stage].trials
    ]


def checked(
    folder: Path, storage: str | None, plan: str, n_workers: int
) -> tuple[dict[str, Any], list[Any]]:
    """Run one search; return its row, and its trials of stage 2."""
    make = partial(search, folder, storage=storage, **PLANS[plan])
    trained: Counter[str] = Counter()
    begin = time.monotonic()
    with counted(trained):
        with make().begun():
            pass
        if plan == "staged":
            work(make, stages=1)
        with ThreadPoolExecutor(n_workers) as threads:
            for each in [threads.submit(work, make) for _ in range(n_workers)]:
                each.result()
    run = open_run(folder, storage)
    stored = [run.study_of[stage.name].trials for stage in run.stages]
    keys = [r.key for r in run.ledger.records if r.reused_from is None]
    row = {
        "plan": plan,
        "workers": n_workers,
        "trials": [len(each) for each in stored],
        "doubled": sum(len(each) - len({t.number for t in each}) for each in stored),
        "not ended": sum(not t.state.is_finished() for each in stored for t in each),
        "failed": sum(t.state == optuna.trial.TrialState.FAIL for each in stored for t in each),
        "trained twice": sum(n - 1 for n in trained.values()) + len(keys) - len(set(keys)),
        "trained": sum(trained.values()),
        "complete": SearchResult.load(folder).complete,
        "seconds": rounded(time.monotonic() - begin, 3),
    }
    second = shown(run, "remaining-architecture") if plan == "staged" else []
    return row, second


def rows_of(
    name: str, url: str | None, folder: Path, plans: list[str], workers: list[int]
) -> list[dict[str, Any]]:
    """Return the rows of a storage."""
    rows = []
    for plan in plans:
        alone: list[Any] = []
        for n_workers in workers:
            run = folder / f"{plan}-{n_workers}"
            storage = f"journal://{folder}/{run.name}.journal" if name == "journal" else url
            row, second = checked(run, storage, plan, n_workers)
            alone = alone or second
            row = {"storage": name, **row}
            if plan == "staged":
                row["stage 2 as with one"] = bool(second) and second == alone
            rows.append(row)
            print_table([row])
    return rows


def main() -> None:
    options = parser(__doc__ or "", "workers/equal_results")
    options.add_argument("--storages", nargs="+", default=list(STORAGES), choices=STORAGES)
    options.add_argument("--plans", nargs="+", default=list(PLANS), choices=PLANS)
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    given = options.parse_args()
    quiet()
    rows: list[dict[str, Any]] = []
    if given.json.exists():
        rows = json.loads(given.json.read_text())["rows"]
    for name in given.storages:
        folder = Path(tempfile.mkdtemp(prefix="equal"))
        servers: Any = started(*SERVERS[name]) if name in SERVERS else iter([None])
        try:
            server = next(servers)
            url = None if server is None else server.url
            new = rows_of(name, url, folder, given.plans, given.workers)
            done = [[row[name] for name in KEY] for row in new]
            rows = [row for row in rows if [row[name] for name in KEY] not in done] + new
        except pytest.skip.Exception as reason:
            print(f"{name} is left out: {reason}")
        finally:
            servers.close() if name in SERVERS else None
            shutil.rmtree(folder)
    rows.sort(key=lambda row: [row[name] for name in KEY])
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
