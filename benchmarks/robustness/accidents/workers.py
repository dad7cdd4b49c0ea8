"""Workers of small searches in forked processes, for accidents that several processes share."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from joblib.externals.loky import get_reusable_executor

from benchmarks.robustness.accidents.tiny_runs import write_data
from optuna_dnc import InputError
from optuna_dnc._locks import WORKERS
from optuna_dnc.runs.workers import Workers
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.trials import trainer
from optuna_dnc.training import train_network
from optuna_dnc.workers.engines import Engine

Role: TypeAlias = Literal["driver", "worker"]

SETTINGS: dict[str, Any] = {
    "network": "mlp",
    "epochs": 6,
    "n_startup_trials": 4,
    "n_steps": 4,
    "space": {"width": (4, 8), "n_layers": (1, 2)},
    "penalize": "n_params",
    "device": "cpu",
    "progress": False,
    "floors": False,
}

_JOINT = {"strategy": "joint", "training_space": {"batch_size": (8, 16)}}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "staged": {"batch_size": 8},
    "joint": {**_JOINT, "pruner": "none"},
    "hyperband": {**_JOINT, "pruner": "hyperband", "budget": 40},
    "median": {"batch_size": 8, "pruner": "median"},
}
"""Settings of each kind of search, besides :data:`SETTINGS`."""


N_OF_ENGINE = 2
"""Workers of an engine."""

ENGINES: Mapping[str, Engine | None] = {
    "dask": None,  # the cluster that a search starts by itself
    "processes": partial(ProcessPoolExecutor, N_OF_ENGINE),
    "loky": partial(get_reusable_executor, N_OF_ENGINE),
}
"""Argument ``executor`` of a search's ``run`` by name."""

LONGER: Mapping[str, Mapping[str, Any]] = {
    kind: {"epochs": 60} | ({"budget": 400} if "budget" in settings else {})
    for kind, settings in KINDS.items()
}
"""Settings of each kind of search on an engine, whose workers do not sleep."""


@dataclass
class Member:
    """A process that takes part in a search."""

    role: Role
    pid: int
    output: Path
    began: float = field(default_factory=time.monotonic)
    code: int | None = None
    """How it ended: negative for a signal; None while it runs."""

    def poll(self) -> int | None:
        """Return how it has ended, if it has."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self, seconds: float) -> int | None:
        """Wait until it has ended, at most for so long."""
        deadline = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.code

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        self.wait(30)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A search whose members are processes."""

    kind: str
    folder: Path
    url: str | None
    """Storage; None for study.db."""
    seconds_per_batch: float = 0.0
    """Sleep after each batch, so that trainings take time and no processor."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings besides those of the kind."""
    engine: str | None = None
    """Name of the engine on which a driver runs it; None for a driver that trains itself."""

    def search(self) -> StagedSearch:
        """Create the search, as its command does."""
        data = self.folder.parent / "data.npz"
        settings = SETTINGS | dict(KINDS[self.kind]) | dict(self.changes)
        return StagedSearch(data, out=self.folder, storage=self.url, **settings)

    def training(self) -> list[int]:
        """Return the processes of the workers that are training."""
        live = Workers(self.folder / WORKERS).live() if (self.folder / WORKERS).exists() else []
        return [worker.pid for worker in live if worker.doing is not None]

    def begin(self, role: Role, before: Callable[[], None] = lambda: None) -> Member:
        """Start a member.

        Args:
            role: Whether it runs the search, or joins it.
            before: Called in its process first.
        """

        def live() -> None:
            before()
            _sleep_after_batches(self.seconds_per_batch)
            search = self.search()
            if role == "driver" and self.engine is not None:
                search.run(ENGINES[self.engine], workers=N_OF_ENGINE)
                return
            if role == "driver":
                search.run()
                return
            with search.joined() as run:
                while (outcome := run.work_once()) != "done":
                    run.wait_after(outcome)
                run.finish()

        return forked(role, live, self.folder.parent)


def prepared(place: Path) -> None:
    """Write the data of the searches in a folder."""
    write_data(place / "data.npz")


def forked(role: Role, live: Callable[[], None], place: Path) -> Member:
    """Call a function in a process of its own; exit code 2 for an error that the user can mend."""
    output = place / f"{role}-{time.monotonic_ns()}.txt"
    pid = os.fork()
    if pid:
        return Member(role, pid, output)
    code = 1
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT, 0o644)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout = sys.stderr = os.fdopen(2, "w", closefd=False, buffering=1)
        try:
            live()
            code = 0
        except InputError as error:
            code = 2
            print(f"refused: {error}", flush=True)
    except BaseException:
        with suppress(OSError):  # its disk is full, too
            traceback.print_exc()
    finally:
        os._exit(code)  # this process must not leave the contexts of its parent


def _sleep_after_batches(seconds: float) -> None:
    if not seconds:
        return

    def train_slowly(*arguments: Any, on_batch: Callable[[], None], **named: Any) -> Any:
        def after_batch() -> None:
            on_batch()
            time.sleep(seconds)

        return train_network(*arguments, on_batch=after_batch, **named)

    vars(trainer)["train_network"] = train_slowly
