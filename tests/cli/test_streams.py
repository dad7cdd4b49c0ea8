"""Output that cannot be written, and a user in a hurry: no traceback, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import FAST, FASTEST

pytestmark = pytest.mark.skipif(os.name != "posix", reason="of POSIX systems")


@pytest.fixture
def searched(in_finished_search: None, tmp_path: Path) -> Path:
    """A folder with a search in ``run`` and its data in ``data.npz``."""
    return tmp_path


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Bash with ``$dnc`` for the command; ``pipefail`` tells of every process."""
    command = f"{sys.executable} -m optuna_dnc.cli"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("$dnc", command)],
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["status run", "predict run data.npz"])
def test_output_that_is_full_is_one_line(searched: Path, command: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    ended = shell(searched, f"$dnc {command} > /dev/full")
    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("Accuracy")]
    assert lines == [
        "optuna-dnc: standard output: No space left on device; remove the cause, then run the "
        "same command again."
    ]


def test_who_has_read_enough_ends_it_silently(searched: Path) -> None:
    ended = shell(searched, "$dnc status run --json | true")
    assert (ended.returncode in (0, 141), ended.stderr) == (True, "")


def test_a_search_whose_output_and_progress_are_lost_is_saved(searched: Path) -> None:
    search = f"$dnc search data.npz {' '.join(FASTEST)}"
    ended = shell(searched, f"{search} --out other > /dev/full 2> /dev/full")
    assert ended.returncode == 2
    assert (searched / "other" / "result.json").exists()
    ended = shell(searched, f"{search} --out closed >&- 2>&-")
    assert ended.returncode == 0
    assert (searched / "closed" / "result.json").exists()


IMPATIENT = """
import os, runpy, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from optuna_dnc import _locks
from optuna_dnc.search import trainer

release = _locks.FileLock.release
def slow(self, force=False):
    print("ending", file=sys.stderr, flush=True)
    time.sleep(30)
    release(self, force)
_locks.FileLock.release = slow

def train(*arguments, **named):
    print("training", file=sys.stderr, flush=True)
    time.sleep(30)
trainer.train_network = train
runpy.run_module("optuna_dnc.cli", run_name="__main__")
"""
"""A search that trains and ends for ever."""


def test_a_second_ctrl_c_ends_at_once(searched: Path) -> None:
    search = ["search", "data.npz", *FAST, "--out", "other", "-q"]
    process = subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, *search],
        stderr=subprocess.PIPE,
        text=True,
        cwd=searched,
    )
    assert process.stderr is not None
    for awaited in ("training\n", "ending\n"):
        assert awaited in iter(process.stderr.readline, "")
        process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert "Traceback" not in process.stderr.read()


def test_ctrl_c_while_reading_is_no_traceback(searched: Path) -> None:
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from optuna_dnc.results import predictor\n"
        "import os\n"
        "predictor.outputs_of = lambda *a: os.kill(os.getpid(), signal.SIGINT)\n"
        "from optuna_dnc.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "predict", "run", "data.npz"],
        cwd=searched,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (130, "")
