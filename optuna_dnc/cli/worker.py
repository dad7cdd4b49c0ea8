"""Command ``optuna-dnc worker``."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc._errors import StorageError, with_short_words
from optuna_dnc._formats import count
from optuna_dnc._interruption import request_interruption
from optuna_dnc._limits import MOST_THREADS
from optuna_dnc._passwords import without_passwords
from optuna_dnc.cli.going_on import typed
from optuna_dnc.cli.long_running import PAUSED, Resumable, long_running
from optuna_dnc.cli.options import (
    DataOfSearch,
    DataRoot,
    Device,
    OwnNetwork,
    OwnSampler,
    RunFolder,
    StorageOfSearch,
)
from optuna_dnc.cli.tradeoff_folders import holds_tradeoff

if TYPE_CHECKING:
    from optuna_dnc.search.search_run import SearchRun
    from optuna_dnc.search.stages.worker import Worker
    from optuna_dnc.tradeoff.tradeoff_run import TradeoffRun

TRY_AGAIN = 75
"""Exit code if a storage or a disk has failed: a worker that begins later may succeed. It is that
of ``EX_TEMPFAIL`` in sysexits.h, which batch systems know."""


def worker(
    folder: RunFolder,
    storage: StorageOfSearch = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    network: OwnNetwork = None,
    sampler: OwnSampler = None,
    device: Device = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_THREADS,
            help="Number of CPU threads (default: the number of available cores, at most "
            "OMP_NUM_THREADS).",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Seconds after which the worker stops, at the end of an epoch (default: when the "
            "search ends).",
        ),
    ] = None,
) -> None:
    """Join the search or trade-off in DIR as another worker and train networks until it ends.

    Start as many workers as you like with srun, sbatch --array, mpirun, ssh or as a Kubernetes
    Job: on this machine or, if the search has a --storage other than SQLite, on any machine that
    shares the folder. If a worker dies or is stopped, another one takes over its trial. The exit
    code is 2 for bad input, and 75 if the storage or the disk fails.
    """
    _set_threads(threads)
    options = {
        "storage": storage,
        "data": data,
        "data_root": data_root,
        "network": network,
        "sampler": sampler,
        "device": device,
    }
    time_limit = _TimeLimit(timeout)
    try:
        with long_running(at_once=False), time_limit.running():
            _work(folder, typed(options), time_limit)
    except Resumable as stop:
        if stop.exit_code == PAUSED:
            again = "the same optuna-dnc tradeoff command"
            if not holds_tradeoff(folder, None):
                again = f"optuna-dnc resume {folder}"
            _say(f"the search is paused; go on with {again}")
        elif time_limit.is_over:
            _say(f"time is over; {time_limit.remark}.")
        else:
            raise
    except StorageError as error:
        _say(with_short_words(without_passwords(str(error))))
        raise typer.Exit(TRY_AGAIN) from None


def _set_threads(threads: int | None) -> None:
    """Set the number of threads, which libraries read when they are imported."""
    from optuna_dnc.workers.devices import THREADS, threads_each

    os.environ[THREADS] = str(threads or threads_each(1))


def _work(folder: Path, options: dict[str, Any], time_limit: _TimeLimit) -> None:
    from optuna_dnc.workers.devices import use_worker_limits

    use_worker_limits()
    with _joined(folder, options) as run:
        me = run.worker.member.status
        _say(f"{me.host}, process {me.pid}, {me.device}, threads {me.threads}: joined {folder}")
        try:
            _train(run)
        except KeyboardInterrupt:
            time_limit.remark = _who_goes_on(run.worker)
            raise
    _say(f"the search in {folder} has ended.")


def _train(run: SearchRun | TradeoffRun) -> None:
    """Work until the search has ended, and say what was trained."""
    from optuna_dnc.runs.workers_text import trial_in_words
    from optuna_dnc.search.progress.display import figures
    from optuna_dnc.search.stages.worker import DONE

    last = None
    while (outcome := run.work_or_finish()) != DONE:
        label = run.worker.last_job
        if label is not None and label != last:
            context = run.context
            record = context.ledger.of_trial(label) or context.ahead.of_trial(label)
            shown = "done" if record is None else f"{figures(record)}, {record.description}"
            _say(f"{trial_in_words(label)}: {shown}")
        last = label
        run.wait_after(outcome)


def _who_goes_on(worker: Worker) -> str:
    """Return whether others go on with the search that this worker leaves."""
    me = worker.member
    others = [
        other for other in me.workers.live() if other.id != me.status.id and not other.drives
    ]
    if others:
        return f"{count(len(others), 'other worker')} {'go' if others[1:] else 'goes'} on"
    command = worker.context.folder.joining_command
    return f"nobody else works on the search; go on with {command}"


def _joined(
    folder: Path, options: dict[str, Any]
) -> AbstractContextManager[SearchRun | TradeoffRun]:
    """Join the search in a folder, or those of a trade-off."""
    from optuna_dnc.search import search_of_run
    from optuna_dnc.tradeoff import tradeoff_of_folder

    if holds_tradeoff(folder, None):
        return tradeoff_of_folder(folder, **options).joined()
    return search_of_run(folder, progress=False, **options).joined()


@dataclass
class _TimeLimit:
    """Time after which the worker leaves at the end of an epoch."""

    seconds: float | None
    is_over: bool = False
    remark: str = "the worker has not joined the search"
    """What to say at its end."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask the worker to leave within the block once the time is over."""
        if self.seconds is None:
            yield
            return
        from optuna_dnc._arguments import at_least_zero  # imports NumPy

        seconds = min(at_least_zero("timeout", self.seconds), threading.TIMEOUT_MAX)
        timer = threading.Timer(seconds, self._leave)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _leave(self) -> None:
        self.is_over = True
        request_interruption()


def _say(line: str) -> None:
    typer.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", err=True)
