"""A run is read, shown and compared without torch and Alembic."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
import sys
from optuna_dnc import SearchResult
from optuna_dnc.cli.app import _run
run, other = sys.argv[1:]
codes = [_run(["status", run]), _run(["report", run, "--out", f"{other}/report.html"])]
codes.append(_run(["tradeoff", other]))
codes.append(_run(["leaderboard", run]))
assert SearchResult.load(run).best.n_params > 0
print(codes, sorted({"alembic", "torch", "torchvision"} & set(sys.modules)))
"""


@pytest.fixture
def runs(searched: Path, tmp_path: Path) -> Path:
    """A folder with a search in a folder."""
    (tmp_path / "a").symlink_to(searched)
    return tmp_path


def test_a_run_is_read_without_torch_and_alembic(searched: Path, runs: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", READ, searched, runs],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert told.stdout.splitlines()[-1] == "[0, 0, 0, 0] []"
