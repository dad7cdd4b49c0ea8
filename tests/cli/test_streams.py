"""Output that cannot be written, and a user in a hurry: no traceback, nothing lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import _locks
from optuna_dnc.results import predictor
from optuna_dnc.search.trials import trainer
from tests.cli.conftest import FASTEST
from tests.processes import CLOSED, Process, command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="of POSIX systems")


@pytest.fixture
def searched(in_finished_search: None, tmp_path: Path) -> Path:
    """A folder with a search in ``run`` and its data in ``data.npz``."""
    return tmp_path


@pytest.fixture
def full() -> Iterator[int]:
    """A file on a disk that is full."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("w") as file:
        yield file.fileno()


@pytest.mark.parametrize("arguments", ["status run", "predict run data.npz"])
def test_output_that_is_full_is_one_line(searched: Path, full: int, arguments: str) -> None:
    ended = Process(command(*arguments.split()), searched, stdout=full).end()
    assert ended.code == 2
    lines = [line for line in ended.err.splitlines() if not line.startswith("Accuracy")]
    assert lines == [
        "optuna-dnc: standard output: No space left on device; remove the cause, then run the "
        "same command again."
    ]


def test_who_has_read_enough_ends_it_silently(searched: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = Process(command("status", "run", "--json"), searched, stdout=writer).end()
    os.close(writer)
    assert (ended.code, ended.err) == (141, "")


def test_a_search_whose_output_and_progress_are_lost_is_saved(searched: Path, full: int) -> None:
    search = command("search", "data.npz", *FASTEST, "--out", "other")
    assert Process(search, searched, stdout=full, stderr=full).end().code == 2
    assert (searched / "other" / "result.json").exists()


def test_a_search_without_output_and_progress_is_saved(searched: Path) -> None:
    search = command("search", "data.npz", *FASTEST, "--out", "closed")
    assert Process(search, searched, stdout=CLOSED, stderr=CLOSED).end().code == 0
    assert (searched / "closed" / "result.json").exists()


def test_a_second_ctrl_c_ends_at_once(searched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that trains and ends for ever."""
    release = _locks.FileLock.release

    def slow(self: Any, force: bool = False) -> None:
        sys.stderr.write("ending\n")
        time.sleep(30)
        release(self, force)

    def train(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(_locks.FileLock, "release", slow)
        sys.stderr.write("training\n")
        time.sleep(30)

    def impatient() -> None:
        monkeypatch.setattr(trainer, "train_network", train)
        command("search", "data.npz", *FASTEST, "--out", "other", "-q")()

    process = Process(impatient, searched)
    for awaited in ("training\n", "ending\n"):
        assert awaited in iter(process.stderr.readline, "")
        process.send(signal.SIGINT)
    ended = process.end()
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_ctrl_c_while_reading_is_no_traceback(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        monkeypatch.setattr(
            predictor, "outputs_of", lambda *a: os.kill(os.getpid(), signal.SIGINT)
        )
        command("predict", "run", "data.npz")()

    ended = Process(interrupted, searched).end()
    assert (ended.code, ended.err) == (130, "")
