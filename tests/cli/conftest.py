"""How the command line is run in these tests, and a folder that holds a small search."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.cli import main
from tests.searches import made_once

FAST_TRAINING = [
    "--epochs",
    "1",
    "--startup",
    "2",
    "--steps",
    "1",
    "--space",
    "width=4:8",
    "--space",
    "n_layers=1:2",
    "--space",
    "refinements=activation",  # all of them have three times as many trials
    "--device",
    "cpu",
]
FAST = [*FAST_TRAINING, "--no-floors"]  # simple models take as long as the search
FASTEST = [*FAST, "--startup", "1", "--steps", "0"]


@dataclass(frozen=True)
class Outcome:
    """What a command left on the screen."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Run ``optuna-dnc`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        screen = capsys.readouterr()
        return Outcome(int(stop.value.code or 0), screen.out, screen.err)

    return command


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """A data set of three classes that small networks can tell apart."""
    rng = np.random.default_rng(0)
    labels = {"ytr": np.arange(90) % 3, "yte": np.arange(30) % 3}
    features = {
        f"x{name[1:]}": rng.normal(size=(len(y), 4)) + y[:, None] for name, y in labels.items()
    }
    return labels | features


@pytest.fixture
def npz(tmp_path: Path, arrays: dict[str, np.ndarray]) -> Callable[..., Path]:
    """Write the data set, with some arrays changed or left out (None)."""

    def write(**changes: np.ndarray | None) -> Path:
        content: dict[str, Any] = {k: v for k, v in (arrays | changes).items() if v is not None}
        np.savez(tmp_path / "data.npz", **content)
        return tmp_path / "data.npz"

    return write


FINISHED = ["search", "data.npz", *FAST, "--epochs", "4", "--out", "run"]
"""The command of the finished search."""


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that of the finished search, and with what the command printed."""

    def make(folder: Path) -> None:
        rng = np.random.default_rng(0)
        y = np.arange(120) % 3
        x = rng.normal(size=(120, 4)) + y[:, None]
        inside = folder / "finished"
        inside.mkdir()
        np.savez(inside / "data.npz", xtr=x[:90], ytr=y[:90], xte=x[90:], yte=y[90:])
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(inside)
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
                main(FINISHED)
        screen = {"code": int(stop.value.code or 0), "out": out.getvalue(), "err": err.getvalue()}
        (folder / "screen.json").write_text(json.dumps(screen))

    return made_once(tmp_path_factory, "finished", make)


@pytest.fixture(scope="session")
def finished_search(_finished: Path) -> Path:
    """A folder with ``data.npz``, three classes, and ``run``, a search on it; to be copied."""
    return _finished / "finished"


@pytest.fixture(scope="session")
def finished_outcome(_finished: Path) -> Outcome:
    """What the command of that search left on the screen."""
    return Outcome(**json.loads((_finished / "screen.json").read_text()))


@pytest.fixture
def in_finished_search(finished_search: Path, tmp_path: Path) -> None:
    """A copy of that folder is where commands are run."""
    shutil.copytree(finished_search, tmp_path, dirs_exist_ok=True)
