"""Processes that are forked from that of the tests: to import everything anew takes seconds."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
import torch

from optuna_dnc.cli import main

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

CLOSED = -1
"""Instead of a file descriptor: the process has no such stream."""


def fork(
    work: Callable[[], object],
    *,
    folder: Path | None = None,
    streams: Mapping[int, int] | None = None,
) -> int:
    """Start a process that does some work, and return its number.

    Args:
        work: What it does. Its exit code is that of SystemExit, or 1 after another exception.
        folder: Where it runs.
        streams: Descriptors of its standard streams, by 0, 1 and 2, if they are its own.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        faulthandler.disable()  # pytest's own
        torch.set_num_threads(1)
        # Background jobs of a shell ignore it, as those do who start them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if folder is not None:
            os.chdir(folder)
        _take(streams or {})
        code = _exit_code(work)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def command(*arguments: object) -> Callable[[], None]:
    """``optuna-dnc`` with these arguments, as the work of a process."""

    def work() -> None:
        sys.argv = ["optuna-dnc", *map(str, arguments)]
        main()

    return work


def exit_code(pid: int) -> int:
    """Wait for the end of a process: its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Process:
    """A process whose output is read.

    Args:
        work: What it does.
        folder: Where it runs.
        stdout: File descriptor of its output, or :data:`CLOSED`; None for :attr:`stdout`.
        stderr: That of its messages; None for :attr:`stderr`.
    """

    def __init__(
        self,
        work: Callable[[], object],
        folder: Path,
        *,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> None:
        self._pipes: dict[int, IO[str]] = {}
        streams, written = {}, []
        for number, given in ((1, stdout), (2, stderr)):
            if given is None:
                reader, given = os.pipe()
                self._pipes[number] = os.fdopen(reader)
                written.append(given)
            streams[number] = given
        self.pid = fork(work, folder=folder, streams=streams)
        for descriptor in written:
            os.close(descriptor)

    @property
    def stdout(self) -> IO[str]:
        """What it prints."""
        return self._pipes[1]

    @property
    def stderr(self) -> IO[str]:
        """Its messages."""
        return self._pipes[2]

    def send(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def end(self) -> Ended:
        """Read what it still prints, and wait for its end."""
        texts = {number: pipe.read() for number, pipe in self._pipes.items()}
        for pipe in self._pipes.values():
            pipe.close()
        return Ended(exit_code(self.pid), texts.get(1, ""), texts.get(2, ""))


@dataclass(frozen=True)
class Ended:
    """What a process has left."""

    code: int
    """Its exit code, or minus the signal that ended it."""
    out: str
    err: str


def _take(streams: Mapping[int, int]) -> None:
    """Replace the standard streams, as at the start of a process."""
    for number, descriptor in streams.items():
        if descriptor == CLOSED:
            os.close(number)
        else:
            os.dup2(descriptor, number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if number in streams:
            stream = None
            if streams[number] != CLOSED:
                stream = os.fdopen(number, "w" if number else "r", buffering=1)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _exit_code(work: Callable[[], object]) -> int:
    try:
        work()
    except SystemExit as ended:
        code = int(ended.code or 0)
    else:
        code = 0
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return code
