"""The command ``status`` while a search runs."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from optuna_dnc._locks import claimed
from tests.cli.conftest import Run


@pytest.fixture
def running(in_finished_search: None, tmp_path: Path) -> ExitStack:
    """Another process works on the search until this is closed."""
    stack = ExitStack()
    stack.enter_context(claimed(tmp_path / "run", "searching"))
    return stack


def test_a_running_search_shows_counts_and_time_left(run: Run, running: ExitStack) -> None:
    with running:
        lines = run("status", "run").out.splitlines()
    assert lines[0].startswith("run: running;")
    assert lines[1].startswith("  core-architecture: 3/3 trials, ")
    assert lines[4].startswith("Time left: about 0 s")


def test_watch_prints_what_has_changed_until_the_search_ends(
    run: Run, running: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            running.close()

    monkeypatch.setattr(time, "sleep", sleep)
    outcome = run("status", "run", "--watch")
    blocks = [block.splitlines()[0] for block in outcome.out.split("\n\n")]
    assert outcome.code == 0
    assert [block.partition(";")[0] for block in blocks] == ["run: running", "run: complete"]


def test_watch_refuses_json(run: Run) -> None:
    outcome = run("status", "run", "--watch", "--json")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "--watch" in outcome.err


def test_watch_imports_no_torch(in_finished_search: None, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from optuna_dnc.cli import main\n"
        "try: main(['status', 'run', '--watch'])\n"
        "except SystemExit: assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
