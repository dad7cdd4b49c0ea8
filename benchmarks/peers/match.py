"""One run: a contestant, a table, a limit, a weight and a seed."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import ours
from benchmarks.peers.child import run_child
from benchmarks.peers.contestants.job import Fitted, Question
from benchmarks.peers.contestants.registry import Contestant
from benchmarks.peers.kept_runs import Key
from benchmarks.peers.scores import scores
from benchmarks.peers.tables import Table

ROOT = Path(__file__).parents[2]
LATE = 3.0
"""A process is ended after so many times its limit, and a minute; its figures tell the rest."""
LONGEST = 3_600.0
"""Seconds for those who have no limit."""


@dataclass(frozen=True)
class Player:
    """A contestant and the interpreter that it runs in."""

    contestant: Contestant
    python: str
    options: str = ""
    """More options of our command line."""


def play(player: Player, table: Table, key: Key) -> dict[str, Any]:
    """Run a contestant in a process and a folder of its own; returns its figures.

    It finds the training samples and the inputs of the test set in the folder, and no more.
    """
    seconds, wc, seed = key
    question = Question(
        table.task, table.n_outputs, table.baseline,
        seconds=math.inf if seconds is None else seconds, wc=wc or 0.0, seed=seed,
    )  # fmt: skip
    limit = LONGEST if seconds is None else LATE * seconds + 60
    run = dict(zip(("seconds", "wc", "seed"), key, strict=True))
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        question.write(folder)
        np.savez(folder / "train.npz", xtr=table.x_train, ytr=table.y_train)
        np.save(folder / "x_test.npy", table.x_test)
        command = _command(player, question, folder)
        # Beside a busy core the clock on the wall is slower than the processor's.
        ended = run_child(
            command, folder / "log", cpu_limit=limit, wall_limit=10 * limit,
            env={"PYTHONPATH": str(ROOT), "TMPDIR": name}, cwd=ROOT,
        )  # fmt: skip
        run |= {"cpu_seconds": ended.cpu_seconds, "wall_seconds": ended.wall_seconds}
        if ended.failure is not None:
            return run | {"failure": ended.failure}
        try:
            if player.contestant.module is None:
                fitted = ours.answer(question, folder)
            else:
                fitted, run["cpu_seconds"] = _answer(folder)
            return run | scores(question, fitted, table.x_test, table.y_test)
        except (OSError, ValueError) as error:
            return run | {"failure": f"{type(error).__name__}: {error}"[:300]}


def _command(player: Player, question: Question, folder: Path) -> Sequence[str]:
    module = player.contestant.module
    if module is None:
        return ours.command(question, folder, player.python, player.options)
    return [player.python, "-m", "benchmarks.peers.contestants", module, str(folder)]


def _answer(folder: Path) -> tuple[Fitted, float]:
    """What a peer has left, and its processor time up to its predictions."""
    predicted = np.load(folder / "predicted.npy", allow_pickle=False)
    written = json.loads((folder / "fitted.json").read_text())
    return Fitted(predict=lambda x: predicted, **written["fitted"]), written["cpu_seconds"]
