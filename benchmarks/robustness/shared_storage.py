"""Workers on one study: is any trial lost, doubled or spoiled, and what does a trial cost?

Each worker is a process. ``DNCSampler`` and ``TPESampler`` take turns on every storage, on the
same objective of five parameters. Servers of databases are started by the script. CPU is that of
the workers, without the import of libraries: each first runs a small study in memory. All of them
begin together; trials a second are those between the first start and the last end. The median of
the rounds counts. A trial is lost if it is not COMPLETE at the end, because a storage gave up on
it, doubled if another one has its parameters, spoiled if its value is not that of its parameters.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from benchmarks.common import parser, print_table, save
from benchmarks.robustness import storage_worker
from benchmarks.robustness.storage_worker import MEMORY, counts, storage_of
from tests.servers import MariaDB, Postgres, Server, started

SAMPLERS = ("DNCSampler", "TPESampler")
SERVERS: dict[str, tuple[type[Server], str]] = {
    "postgresql": (Postgres, "psycopg"),
    "mariadb": (MariaDB, "pymysql"),
}
STORAGES = ("memory", "sqlite", "journal", *SERVERS)


def run(sampler: str, url: str, n_workers: int, n_trials: int, first_seed: int) -> list[float]:
    """Let workers share a study; return the CPU, seconds, and what the study holds."""
    name = f"{sampler}-{time.time_ns()}"
    if url != MEMORY:
        optuna.create_study(storage=storage_of(url), study_name=name)
    command = [sys.executable, "-W", "ignore", "-m", storage_worker.__name__, sampler, url, name]
    workers = [
        subprocess.Popen(
            [*command, str(n_trials), str(first_seed + number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(n_workers)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    said = [line.split() for line in _let_go(workers)]
    cpu = sum(float(words[0]) for words in said)
    if url == MEMORY:
        return [cpu, *map(float, said[0][1:])]
    return [cpu, *counts(optuna.load_study(study_name=name, storage=storage_of(url)).trials)]


def _let_go(workers: list[subprocess.Popen[str]]) -> list[str]:
    """Let all workers begin, and return what they print."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    # A worker whose storage gave up in between ends early: its trials count as lost.
    return [worker.communicate()[0] or "nan" for worker in workers]


@contextmanager
def opened(kind: str) -> Iterator[str]:
    """Yield the URL of a new storage of a kind."""
    if kind in SERVERS:
        servers = started(*SERVERS[kind])
        try:
            yield next(servers).url
        finally:
            servers.close()  # type: ignore[attr-defined]
        return
    with tempfile.TemporaryDirectory() as folder:
        yield {
            "memory": MEMORY,
            "sqlite": f"sqlite:///{folder}/study.db?timeout=60",
            "journal": f"journal:{folder}/journal.log",
        }[kind]


def compare(
    storage: str, url: str, n_workers: int, n_trials: int, n_rounds: int
) -> list[dict[str, Any]]:
    """Return one row a sampler, and the ratios of ours to TPE's."""
    of_rounds: dict[str, list[list[float]]] = defaultdict(list)
    for number in range(n_rounds):
        for sampler in SAMPLERS if number % 2 == 0 else reversed(SAMPLERS):
            found = run(sampler, url, n_workers, n_trials // n_workers, number * n_workers)
            of_rounds[sampler].append(found)
    rows = []
    for sampler in SAMPLERS:
        rounds = of_rounds[sampler]
        n_whole = sum(whole for _, _, whole, _, _ in rounds)
        rows.append(
            {
                "storage": storage,
                "workers": n_workers,
                "sampler": sampler,
                "CPU ms": statistics.median(1e3 * cpu / whole for cpu, _, whole, _, _ in rounds),
                "trials/s": statistics.median(whole / secs for _, secs, whole, _, _ in rounds),
                "lost": int(n_rounds * (n_trials // n_workers) * n_workers - n_whole),
                "doubled": int(sum(doubled for *_, doubled, _ in rounds)),
                "spoiled": int(sum(spoiled for *_, spoiled in rounds)),
            }
        )
    ours, theirs = rows
    for row in rows:
        row["CPU / TPE"] = row["CPU ms"] / theirs["CPU ms"]
        row["TPE's trials/s / its"] = theirs["trials/s"] / row["trials/s"]
    print_table([ours, theirs])
    return rows


def main() -> None:
    options = parser(__doc__ or "", "robustness/shared_storage")
    options.add_argument("--workers", type=int, nargs="+", default=[1, 8])
    options.add_argument("--trials", type=int, default=120, help="of all workers together")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--storages", nargs="*", choices=STORAGES, default=STORAGES)
    options.add_argument("--urls", nargs="*", default=[], help="further storages, as they are")
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = []

    def compare_on(storage: str, url: str) -> None:
        for n_workers in given.workers:
            if n_workers == 1 or url != MEMORY:
                rows.extend(compare(storage, url, n_workers, given.trials, given.rounds))

    for kind in given.storages:
        with opened(kind) as url:
            compare_on(kind, url)
    for url in given.urls:
        compare_on(url.partition(":")[0], url)
    print_table(rows)
    save(given.json, trials=given.trials, rounds=given.rounds, rows=rows)


if __name__ == "__main__":
    main()
