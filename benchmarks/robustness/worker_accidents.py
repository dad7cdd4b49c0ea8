"""Does a shared search outlast a storage that stops, a worker that sleeps, and a full disk?

Three workers and a driver share a staged search. Its server is stopped for ten seconds and started
again; or a worker is suspended (SIGSTOP) for a minute while the others go on, and woken; or the
folder is on a disk that fills up (a small tmpfs, as root), and the same command is run again when
there is room. The search must then be whole, as after kills.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna
import torch

from benchmarks.common import parser, print_table, save
from benchmarks.robustness.accidents.whole import problems
from benchmarks.robustness.accidents.workers import Member, Searched, prepared
from benchmarks.robustness.worker_kills import SERVERS
from tests.servers import Server, started

N_WORKERS = 3
PATIENCE = 300.0
SECONDS_STOPPED = 10.0
Accident = Callable[[list[Member], Path], None]


def main() -> None:
    """Have each accident once."""
    options = parser(__doc__ or "", "robustness/worker_accidents")
    options.add_argument("--suspended", type=float, default=60.0, help="seconds")
    asked = options.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = [_suspended(asked.suspended), _full_disk()]
    rows += [_stopped_server(storage) for storage in SERVERS]
    print_table(rows)
    save(asked.json, rows=rows)


def _stopped_server(storage: str) -> dict[str, Any]:
    with contextmanager(started)(*SERVERS[storage]) as server:

        def stop(members: list[Member], folder: Path) -> None:
            del members, folder
            _stop_for(server, SECONDS_STOPPED)

        return _tried(f"{storage} stopped for 10 s", stop, server.url)


def _stop_for(server: Server, seconds: float) -> None:
    server.stop()
    time.sleep(seconds)
    server.start()


def _suspended(seconds: float) -> dict[str, Any]:
    def suspend(members: list[Member], folder: Path) -> None:
        del folder
        worker = members[-1]
        worker.signal(signal.SIGSTOP)
        time.sleep(seconds)
        worker.signal(signal.SIGCONT)

    return _tried("worker suspended", suspend, None)


def _full_disk() -> dict[str, Any]:
    def fill(members: list[Member], folder: Path) -> None:
        filling = folder.parent / "filling"
        with suppress(OSError), filling.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        for member in members:
            member.wait(30)
        filling.unlink(missing_ok=True)

    return _tried("disk full", fill, None, size="128m")


def _wait_for(searched: Searched, n_members: int) -> None:
    """Wait until so many take part."""
    deadline = time.monotonic() + PATIENCE
    while len(list((searched.folder / ".workers").glob("*.json"))) < n_members:
        assert time.monotonic() < deadline, "they do not join"
        time.sleep(0.1)


def _tried(name: str, accident: Accident, url: str | None, size: str = "") -> dict[str, Any]:
    start, wrong = time.perf_counter(), []
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if size:
            mounted = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
            subprocess.run(mounted, check=True)
            stack.callback(subprocess.run, ["umount", "-l", str(place)], check=False)
        prepared(place)
        searched = Searched(kind="staged", folder=place / "run", url=url, seconds_per_batch=0.02)
        members = [searched.begin("driver")]
        _wait_for(searched, 1)
        members += [searched.begin("worker") for _ in range(N_WORKERS)]
        _wait_for(searched, 1 + N_WORKERS)
        accident(members, searched.folder)
        codes = [member.wait(PATIENCE) for member in members]
        for member in members:
            if "Traceback" in member.said or member.code not in (0, 2):
                wrong.append(f"a {member.role} ends with {member.code}: {member.said[-900:]}")
            member.kill()
        if 0 not in codes:
            again = searched.begin("driver")
            if again.wait(PATIENCE) != 0:
                wrong.append(f"the same command ends with {again.code}: {again.said[-900:]}")
        wrong += problems(searched)
    print(name, codes, *wrong, sep="\n  ", flush=True)
    row = {"accident": name, "ended by itself": 0 in codes, "left with 2": codes.count(2)}
    return row | {"problems": wrong, "seconds": round(time.perf_counter() - start)}


if __name__ == "__main__":
    main()
