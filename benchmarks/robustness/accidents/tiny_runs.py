"""Small runs of every command that writes, and what must be the same after an accident."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from benchmarks.common import print_table
from benchmarks.robustness.accidents.faults import run

SEARCH = (
    *("--network", "mlp", "--epochs", "3", "--startup", "3", "--steps", "1"),
    *("--space", "width=4:8", "--space", "n_layers=1:2", "--device", "cpu", "--quiet"),
)
HYPERBAND = (*SEARCH, "--strategy", "joint", "--pruner", "hyperband", "--budget", "12")


@dataclass(frozen=True)
class Scenario:
    """A command, and the one that has to be run before it."""

    name: str
    arguments: tuple[str, ...]
    """``DATA`` and ``RUN`` stand for the file and the folder."""
    before: tuple[str, ...] | None = None

    def command(self, data: Path, folder: Path) -> list[str]:
        """The arguments of ``optuna-dnc``."""
        return [_filled(word, data, folder) for word in self.arguments]

    def prepared(self, data: Path, place: Path) -> Path:
        """Return a new folder with what the command begins with, below ``place``."""
        folder, origin = place / self.name / "run", place / f"{self.name}-origin"
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.mkdir(parents=True)
        if self.before is None:
            return folder
        if not origin.exists():
            ended = run([_filled(word, data, folder) for word in self.before], folder)
            assert ended.code == 0, ended.err
            shutil.copytree(folder, origin)
        else:
            shutil.copytree(origin, folder)
        return folder


SCENARIOS = (
    Scenario("search", ("search", "DATA", *SEARCH, "--out", "RUN")),
    Scenario("hyperband", ("search", "DATA", *HYPERBAND, "--out", "RUN")),
    Scenario(
        "refit",
        ("refit", "RUN", "--epochs", "12", "--data", "DATA", "--device", "cpu", "-q"),
        ("search", "DATA", *SEARCH, "--out", "RUN"),
    ),
    Scenario(
        "ensemble",
        ("ensemble", "RUN", "--top", "3", "--data", "DATA", "--device", "cpu", "-q"),
        ("search", "DATA", *SEARCH, "--out", "RUN"),
    ),
    Scenario(
        "snapshots",
        ("ensemble", "RUN", "--snapshots", "3", "--data", "DATA", "--device", "cpu", "-q"),
        ("search", "DATA", *SEARCH, "--out", "RUN"),
    ),
    Scenario("tradeoff", ("tradeoff", "DATA", "--wc", "0", "1", *SEARCH, "--out", "RUN")),
)


def write_data(path: Path) -> None:
    """Three classes of four features that small networks can tell apart."""
    rng = np.random.default_rng(0)
    y = {"ytr": np.arange(90) % 3, "yte": np.arange(30) % 3}
    x = {f"x{name[1:]}": rng.normal(size=(len(y), 4)) + y[:, None] for name, y in y.items()}
    arrays: dict[str, Any] = x | y
    np.savez(path, **arrays)


def outcome(folder: Path) -> dict[str, Any]:
    """What a run came to: trials, weights and figures, apart from times and paths."""
    found: dict[str, Any] = {}
    for database in sorted(folder.rglob("study.db")):
        storage = f"sqlite:///{database}"
        for name in sorted(optuna.get_all_study_names(storage)):
            study = optuna.load_study(study_name=name, storage=storage)
            found[name] = [_trial(trial) for trial in study.get_trials(deepcopy=False)]
    for weights in sorted(folder.rglob("*.safetensors")):
        found[str(weights.relative_to(folder))] = weights.read_bytes().hex()
    for result in sorted([*folder.rglob("result.json"), *folder.rglob("refit.json")]):
        content = json.loads(result.read_text())
        best = content.get("best", content.get("measured"))
        figures = {name: value for name, value in best.items() if name not in ("t_epoch", "costs")}
        found[str(result.relative_to(folder))] = figures
    left = {
        str(path.relative_to(folder)): True
        for path in folder.rglob("*")
        if path.name not in (".lock", "study.db-wal", "study.db-shm")
    }
    return found | {"files": left}


def differing(found: dict[str, Any], expected: dict[str, Any]) -> str:
    """In which parts two outcomes differ, and which files only one of them has."""
    changed = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    return f"{changed} {set(found['files']) ^ set(expected['files'])}"


def undisturbed(scenario: Scenario, data: Path, place: Path) -> tuple[int, dict[str, Any]]:
    """Run a command without an accident; return its calls that change files, and the outcome."""
    folder = scenario.prepared(data, place)
    whole = run(scenario.command(data, folder), folder)
    assert whole.code == 0, whole.err
    return whole.calls, outcome(folder)


def try_all(
    n_accidents: int,
    try_some: Callable[[Scenario, int, Path, Path], dict[str, Any]],
    keep: Callable[[list[dict[str, Any]], dict[str, Any]], None],
) -> None:
    """Spread accidents over the scenarios and print a row for each.

    Args:
        n_accidents: In all.
        try_some: Called with a scenario, its number of accidents, the data and a folder to work
            in; returns the row.
        keep: Called with all rows so far and their sums.
    """
    rows = []
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data.npz"
        write_data(data)
        for number, scenario in enumerate(SCENARIOS):
            n = n_accidents // len(SCENARIOS) + (number < n_accidents % len(SCENARIOS))
            start = time.perf_counter()
            row = try_some(scenario, n, data, Path(place))
            rows.append(row | {"seconds": round(time.perf_counter() - start)})
            print_table(rows[-1:])
            keep(rows, totals(rows))
    print_table([*rows, totals(rows)])


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of all columns of a table of commands."""
    sums = {name: sum(row[name] for row in rows) for name in rows[0] if name != "command"}
    return {"command": "all"} | sums


def _filled(word: str, data: Path, folder: Path) -> str:
    return {"DATA": str(data), "RUN": str(folder)}.get(word, word)


def _trial(trial: optuna.trial.FrozenTrial) -> list[Any]:
    attributes = {name: trial.user_attrs.get(name) for name in ("key", "error", "network")}
    curve = sorted(trial.intermediate_values.items())
    return [trial.number, trial.state.name, trial.params, trial.value, curve, attributes]
