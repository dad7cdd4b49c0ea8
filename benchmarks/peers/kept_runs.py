"""Where runs are kept: one file a table and contestant, one line a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, environment, load_lines, rounded, save_lines

RUNS = RESULTS / "peers" / "runs"

Run = dict[str, Any]
Key = tuple[float | None, float | None, int]
"""Limit in seconds, weight, seed; None where the contestant does not use it."""


def key_of(run: Run) -> Key:
    return run["seconds"], run["wc"], run["seed"]


def load_runs(folder: Path, table: str, contestant: str) -> dict[Key, Run]:
    """Runs of a contestant on a table; none if it has not run yet."""
    return {key_of(run): run for run in load_lines(folder / table / f"{contestant}.jsonl")}


def add_run(folder: Path, table: str, contestant: str, run: Run, versions: dict[str, str]) -> None:
    """Keep a run, in place of an earlier one with the same key."""
    runs = load_runs(folder, table, contestant)
    runs[key_of(run)] = {k: rounded(v) if isinstance(v, float) else v for k, v in run.items()}
    save_lines(
        folder / table / f"{contestant}.jsonl",
        {"table": table, "contestant": contestant, "packages": versions, **environment()},
        (runs[key] for key in sorted(runs, key=lambda key: tuple(part or 0 for part in key))),
    )
