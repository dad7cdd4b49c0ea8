"""Commands of the package in forked processes whose calls to the disk can be made to fail.

The package is imported once; each command then takes a fork, and no start of Python. The calls
are counted, and one of them fails or kills, by ``fault_shim.c``, which this module compiles and
which has to be preloaded: :func:`preloaded` starts the script again with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SHIM = Path(__file__).with_name("fault_shim.c")
_MARK = "OPTUNA_DNC_FAULT_SHIM"
KILL = 0
"""In place of the number of an error."""


def preloaded() -> None:
    """Start the script again with the shim, or where that was done import the package."""
    if _MARK in os.environ:
        for module in ("optuna_dnc.search", "optuna_dnc.report.report", "optuna_dnc.cli.search"):
            importlib.import_module(module)
        return
    library = Path(tempfile.mkdtemp()) / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SHIM, "-ldl"], check=True)
    changed = {"LD_PRELOAD": str(library), _MARK: "1", "OMP_NUM_THREADS": "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | changed)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    """Negative for a signal."""
    out: str
    err: str
    calls: int
    """That changed files in the folder; -1 where the process was killed."""


def run(arguments: Sequence[str], folder: Path, *, at: int = -1, failure: int = KILL) -> Ended:
    """Run a command line in a fork.

    Args:
        arguments: Of ``optuna-dnc``.
        folder: Whose files count.
        at: The call that fails, counted from 1; -1 for none.
        failure: Number of the error, or :data:`KILL`.
    """
    with tempfile.TemporaryDirectory() as place:
        out, err, calls = (Path(place) / name for name in ("out", "err", "calls"))
        process = os.fork()
        if process == 0:
            _child(arguments, folder, at, failure, {1: out, 2: err}, calls)
        _, status = os.waitpid(process, 0)
        counted = int(calls.read_text()) if calls.exists() else -1
        return Ended(os.waitstatus_to_exitcode(status), out.read_text(), err.read_text(), counted)


def _child(
    arguments: Sequence[str],
    folder: Path,
    at: int,
    failure: int,
    streams: Mapping[int, Path],
    calls: Path,
) -> None:
    code = 1
    try:
        for number, path in streams.items():
            file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            os.dup2(file, number)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False, buffering=1)
        from optuna_dnc.cli import main

        shim = ctypes.CDLL(None)
        shim.fault_arm(os.fsencode(folder), ctypes.c_long(at), failure)
        try:
            main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            shim.fault_count.restype = ctypes.c_long
            calls.write_text(str(shim.fault_count()))
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)
