"""A folder with one of each thing that a command reads, and commands run in copies of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import numpy as np

from benchmarks.robustness.malformed_inputs.json_mutations import without_digests
from optuna_dnc.cli import main

QUICK = ("--epochs", "2", "--startup", "2", "--steps", "1", "--space", "width=4:8", "-q")


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int | None
    """None where it raised or was stopped."""
    out: str
    err: str
    seconds: float
    raised: str = ""

    @property
    def is_traceback(self) -> bool:
        """Whether the user would see one."""
        return bool(self.raised) or "Traceback (most recent" in self.err


class _OverTime(BaseException):
    """Nobody catches it by mistake."""


def run(folder: Path, command: list[str], limit: float) -> Outcome:
    """Run ``optuna-dnc`` in this process, for at most so many seconds."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise _OverTime

    out, err = io.StringIO(), io.StringIO()
    before, here = signal.signal(signal.SIGALRM, stop), Path.cwd()
    code, raised, start = None, "", time.monotonic()
    os.chdir(folder)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(command)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    except _OverTime:
        raised = ""
    except BaseException as error:
        raised = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.chdir(here)
    return Outcome(code, out.getvalue(), err.getvalue(), time.monotonic() - start, raised)


def prepare(folder: Path) -> dict[str, np.ndarray]:
    """Make ``run`` with a refit and an ensemble, ``moved``, ``trade`` and the data."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    x = rng.normal(size=(120, 4)) + y[:, None]
    good = {"xtr": x[:90], "ytr": y[:90], "xte": x[90:], "yte": y[90:]}
    np.savez(folder / "data.npz", **good)
    on_cpu = ("--device", "cpu", "-q")
    for command in (
        ["search", "data.npz", *QUICK, "--device", "cpu", "--out", "run"],
        ["refit", "run", "--data", "data.npz", *on_cpu],
        ["ensemble", "run", "--data", "data.npz", "--top", "2", *on_cpu],
        ["transfer", "run", "data.npz", "--out", "moved", *on_cpu],
        ["tradeoff", "data.npz", "--wc", "0", "1", *QUICK, "--device", "cpu", "--out", "trade"],
    ):
        done = run(folder, command, 300)
        if done.code != 0:
            raise SystemExit(f"{' '.join(command)} failed: {done.err or done.raised}")
    return good


def strip_digests(folder: Path) -> None:
    """Make all JSON files what versions without digests wrote."""
    for path in folder.rglob("*.json"):
        path.write_text(json.dumps(without_digests(json.loads(path.read_text()))))


def fresh(base: Path, work: Path) -> Path:
    """A copy of the folder, in place of the last one."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(base, work)
    return work


def python_command(command: list[str]) -> list[str]:
    """The same as a process of its own."""
    return [sys.executable, "-m", "optuna_dnc.cli", *command]
