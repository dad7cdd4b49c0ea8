"""A command in a process of its own, whose processor time is measured and limited."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "LOKY")}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    cpu_seconds: float
    """User and system time of it and of its children, imports included."""
    wall_seconds: float
    failure: str | None
    """Why it failed, in a line."""


def run_child(
    command: Sequence[str],
    log: Path,
    *,
    cpu_limit: float,
    wall_limit: float,
    env: Mapping[str, str],
    cwd: Path,
) -> Ended:
    """Run a command on one thread and end it, with its children, at the limits.

    Args:
        command: Program and arguments.
        log: File for what it prints.
        cpu_limit: Seconds of processor time of each of its processes.
        wall_limit: Seconds.
        env: Variables besides those of this process.
        cwd: Folder it runs in.
    """
    start = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD, **env}, cwd=cwd, start_new_session=True,
        )  # fmt: skip
    whole = max(1, round(cpu_limit))
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (whole, whole + 5))
    timer = threading.Timer(wall_limit, _kill_group, [process.pid])
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        _kill_group(process.pid)
        raise
    finally:
        timer.cancel()
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    _kill_group(process.pid)  # children that outlive it
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(cpu, wall, _failure(process.returncode, wall >= wall_limit, log))


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _failure(code: int, too_long: bool, log: Path) -> str | None:
    if code == 0:
        return None
    if too_long or code == -signal.SIGXCPU:
        return "ended by the limit on its time"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"exit code {code}: {lines[-1] if lines else 'no message'}"[:300]
