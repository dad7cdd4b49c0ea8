"""Actions on a run that its page offers: pause, resume, extension, choice of a network."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError, RunBusyError
from optuna_dnc.runs import open_run, pause
from optuna_dnc.runs.identity import with_more_trials

PROGRAM = (sys.executable, "-m", "optuna_dnc")
LOG = ".actions.log"
"""File in the folder of the run with the messages of the last action."""


class Actions:
    """Actions on one run. Those that train are commands in processes of their own.

    They continue when the dashboard ends. A storage URL may hold a password, which the list of
    processes would show, so that with a storage URL, the commands have to be typed.

    Args:
        path: Folder of the run.
        storage: Storage of the search as this process has opened it.
        is_in_file: Whether the storage is study.db in the folder.
    """

    def __init__(self, path: Path, storage: BaseStorage, *, is_in_file: bool) -> None:
        self._path = path
        self._storage = storage
        self.may_start = is_in_file
        """Whether commands are started here; otherwise they have to be typed."""
        self._process: subprocess.Popen[bytes] | None = None
        self._doing = ""
        self._lock = threading.Lock()

    def pause(self) -> None:
        """Ask the processes of the search to end after their epoch."""
        pause(self._path, self._storage)

    def resume(self) -> None:
        """Start a process that resumes the search."""
        self._start("resuming", ["resume", str(self._path), "--quiet"])

    def extend(self, n_trials: int, seconds: float | None) -> None:
        """Start a process that extends the search.

        Args:
            n_trials: Number of trials to add to each Bayesian stage.
            seconds: Time limit for the added trials; None for none.
        """
        words = ["extend", str(self._path), "--quiet"]
        if n_trials:
            run = open_run(self._path, self._storage)
            stages = [stage.name for stage in run.stages if stage.is_bayesian]
            n_done = max(len(run.ledger.of_stages(name)) for name in stages)
            more = with_more_trials(run.settings, n_done, n_trials)
            words += [f"--{name.removeprefix('n_')}={value}" for name, value in more.items()]
        if seconds is not None:
            words.append(f"--timeout={seconds:g}")
        self._start("extending", words)

    def choose(self, trial: str) -> None:
        """Start a process that makes a network the result.

        Args:
            trial: ``STAGE/NUMBER``, or ``best``.
        """
        self._start(f"choosing {trial}", ["choose", str(self._path), "--", trial])

    def command(self, *words: str) -> str:
        """Return a command to type."""
        storage = [] if self.may_start else ["--storage", "URL"]
        return shlex.join(["optuna-dnc", words[0], str(self._path), *words[1:], *storage])

    @property
    def doing(self) -> str:
        """What a process is doing; empty if none is running."""
        return self._doing if self._is_busy else ""

    @property
    def problem(self) -> str:
        """Message of the last process if it has failed; empty otherwise."""
        process = self._process
        if process is None or not process.poll():
            return ""
        lines = (self._path / LOG).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{self._doing} has failed"

    @property
    def _is_busy(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self, doing: str, words: Sequence[str]) -> None:
        if not self.may_start:
            raise InputError(
                "a search with a storage of its own is resumed and extended, and its networks are "
                f"chosen, on the command line: {self.command(words[0])}."
            )
        with self._lock:
            if self._is_busy:
                raise RunBusyError(f"{self._doing} has not ended; wait for it.")
            # Not the file that a symbolic link leads to.
            (self._path / LOG).unlink(missing_ok=True)
            with (self._path / LOG).open("xb") as log:
                self._process = subprocess.Popen(
                    [*PROGRAM, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
            self._doing = doing
