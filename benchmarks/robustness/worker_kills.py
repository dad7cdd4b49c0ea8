"""Is anything lost when workers and drivers of a shared search are killed at random moments?

Small searches (staged, joint, Hyperband and with the median pruner) run in a driver and three
workers over SQLite, PostgreSQL, MariaDB, a journal file and Redis. At random moments one of these
processes is killed (SIGKILL) and another one started in its place. After the last kill the rest
must end the search by itself, or the same command must. Every stage then has its trials, with
numbers without gaps; none is lost, and no network was trained by two trials; the result is whole;
no trial is RUNNING, and no file of a dead worker is left.

With ``--engines``, a driver has two workers of a Dask cluster, a ProcessPoolExecutor or loky. A
worker that is training is killed, or sometimes the driver, which is then started again.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch

from benchmarks.common import parser, print_table, save
from benchmarks.robustness.accidents.patience import PatientClock
from benchmarks.robustness.accidents.whole import problems
from benchmarks.robustness.accidents.workers import (
    ENGINES,
    KINDS,
    LONGER,
    Member,
    Role,
    Searched,
    prepared,
)
from tests.servers import MariaDB, Postgres, Redis, Server, started

STORAGES = ("sqlite", "postgresql", "mariadb", "journal", "redis")
SERVERS: dict[str, tuple[type[Server], str]] = {
    "postgresql": (Postgres, "psycopg"),
    "mariadb": (MariaDB, "pymysql"),
    "redis": (Redis, "redis"),
}
_EXPECTED = ("another process is searching", "holds no search that was started")
"""Reasons for which a member leaves, and another one comes: a driver whose folder is another's,
and a worker that comes before the driver has begun the search."""
N_WORKERS = 3
SHARE_OF_WORKERS = 0.8
"""Share of workers among the processes of an engine that are killed."""
MOST_FAILURES = 5
"""Failed searches after which no more of their kind are begun."""
PATIENCE = 180.0
"""Seconds in which the search must end after the last kill, without those in which its processes
had to wait for a processor."""


@contextmanager
def served(storage: str, place: Path) -> Iterator[str | None]:
    """Yield the URL of a storage; None for study.db."""
    if storage == "sqlite":
        yield None
    elif storage == "journal":
        yield f"journal://{place}/trials.journal"
    else:
        with contextmanager(started)(*SERVERS[storage]) as server:
            yield server.url


def main() -> None:
    """Kill ``--kills`` processes in all and look at what is left."""
    options = parser(__doc__ or "", "robustness/worker_kills")
    options.add_argument("--kills", type=int, default=120, help="in all")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--storages", nargs="*", default=STORAGES, choices=STORAGES)
    options.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    options.add_argument("--engines", nargs="*", default=[], choices=list(ENGINES))
    options.add_argument("--patience", type=float, default=PATIENCE, help="seconds for an end")
    options.add_argument("--keep", type=Path, help="new folder for searches that failed")
    asked = options.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tries = [
        Try(storage, kind, engine, asked.seed, asked.patience)
        for storage in asked.storages
        for kind in asked.kinds
        for engine in asked.engines or [None]
    ]
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for number, each in enumerate(tries):
        n_kills = asked.kills // len(tries) + (number < asked.kills % len(tries))
        row, wrong = _tried(each, n_kills, asked.keep)
        rows.append(row)
        failures += wrong
        print_table(rows[-1:])
        save(asked.json, seed=asked.seed, rows=rows, failures=failures, kills=_sum(rows, "kills"))
    print_table(rows)


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


@dataclass(frozen=True)
class Try:
    """What is tried."""

    storage: str
    kind: str
    engine: str | None
    seed: int
    patience: float

    @property
    def row(self) -> dict[str, Any]:
        """Start of its row in the table."""
        engine = {} if self.engine is None else {"engine": self.engine}
        return {"storage": self.storage, "search": self.kind} | engine

    @property
    def name(self) -> str:
        """Its name, without the seed."""
        return "/".join(self.row.values())


def _tried(
    tried: Try, n_kills: int, keep: Path | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    rng, start = random.Random(f"{tried.seed}/{tried.name}"), time.perf_counter()
    left, kind = n_kills, tried.kind
    failures: list[dict[str, Any]] = []
    rounds = by_itself = 0
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        prepared(place)
        url = stack.enter_context(served(tried.storage, place))
        while left and len(failures) < MOST_FAILURES:
            searched = Searched(
                kind=kind,
                folder=place / f"{kind}-{rounds}",
                url=url,
                seconds_per_batch=0.0 if tried.engine else rng.choice((0.0, 0.01, 0.02)),
                changes=LONGER[kind] if tried.engine else {},
                engine=tried.engine,
            )
            rounds += 1
            moments, ends, wrong = _round(searched, left, rng, tried.patience)
            left -= len(moments)
            by_itself += ends
            wrong += problems(searched)
            if wrong:
                failures.append(
                    {**tried.row, "seed": tried.seed, "round": rounds}
                    | {"moments": moments, "problems": wrong}
                )
                print(f"{tried.name}: {moments}", *wrong, sep="\n  ", flush=True)
                if keep is not None:
                    name = tried.name.replace("/", "-")
                    shutil.copytree(place, keep / f"{name}-{tried.seed}-{rounds}")
    row = {**tried.row, "searches": rounds, "kills": n_kills - left}
    row |= {"ended by themselves": by_itself, "wrong": len(failures)}
    return row | {"seconds": round(time.perf_counter() - start)}, failures


def _round(
    searched: Searched, most: int, rng: random.Random, patience: float
) -> tuple[list[str], bool, list[str]]:
    """Run a search and kill up to ``most`` of its processes.

    Returns:
        What was killed when, whether the rest ended the search, and what else went wrong.
    """
    n_workers = 0 if searched.engine else N_WORKERS
    members = [searched.begin("driver"), *(searched.begin("worker") for _ in range(n_workers))]
    moments: list[str] = []
    wrong: list[str] = []
    began = time.monotonic()
    n_kills = min(most, rng.randint(3, 8))
    while len(moments) < n_kills:
        _watch(searched, members, wrong, rng.uniform(0.1, 1.5))
        living = [member for member in members if member.poll() is None]
        if any(member.code == 0 for member in members) or not living:
            break
        when = f"{time.monotonic() - began:.2f} s"
        if searched.engine:
            training = searched.training()
            if not training:  # its processes are starting, for a minute on a busy machine
                continue
            if rng.random() < SHARE_OF_WORKERS:
                _kill(rng.choice(training))
                moments.append(f"worker at {when}")
                continue
        victim = rng.choice(living)
        moments.append(f"{victim.role} at {when}")
        victim.kill()
        roles: Sequence[Role] = ("driver",) if searched.engine else ("driver", "worker")
        members.append(searched.begin(rng.choice(roles)))
    clock = PatientClock()
    while any(member.poll() is None for member in members) and clock.seconds < patience:
        _watch(searched, members, wrong, 0.2)
        clock.look([member.pid for member in members if member.poll() is None])
    for member in [member for member in members if member.poll() is None]:
        wrong.append(f"a {member.role} does not end: {member.said[-300:]}")
        member.kill()
    ended = any(member.code == 0 for member in members)
    if not ended:
        again = searched.begin("driver")
        if again.wait(patience) != 0:
            wrong.append(f"the same command ends with {again.code}: {again.said[-1500:]}")
            again.kill()
    return moments, ended, wrong


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGKILL)


def _watch(searched: Searched, members: list[Member], wrong: list[str], seconds: float) -> None:
    """Wait, note errors of members, and replace those that came too early or too late."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for member in [member for member in members if member.poll() not in (None, 0, -9)]:
            members.remove(member)
            if not any(reason in member.said for reason in _EXPECTED):
                wrong.append(f"a {member.role} ends with {member.code}: {member.said[-1500:]}")
            elif any(other.poll() is None or other.code == 0 for other in members):
                role: Role = "worker" if member.role == "driver" else "driver"
                members.append(searched.begin(role))
        time.sleep(0.05)


if __name__ == "__main__":
    main()
