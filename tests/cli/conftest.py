"""How the command line is run in these tests, and a folder that holds a small search."""

from __future__ import annotations

import shutil
from collections.abc import Callable
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


@pytest.fixture(scope="session")
def finished_search(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data.npz``, three classes, and ``run``, a search on it; to be copied."""

    def make(folder: Path) -> None:
        rng = np.random.default_rng(0)
        y = np.arange(120) % 3
        x = rng.normal(size=(120, 4)) + y[:, None]
        np.savez(folder / "data.npz", xtr=x[:90], ytr=y[:90], xte=x[90:], yte=y[90:])
        command = ["search", str(folder / "data.npz"), *FAST, "--epochs", "4", "-q"]
        with pytest.raises(SystemExit):
            main([*command, "--out", str(folder / "run")])

    return made_once(tmp_path_factory, "finished", make)


@pytest.fixture
def in_finished_search(finished_search: Path, tmp_path: Path) -> None:
    """A copy of that folder is where commands are run."""
    shutil.copytree(finished_search, tmp_path, dirs_exist_ok=True)
