"""Where results are kept: one file a suite and method, one line a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from benchmarks.common import RESULTS, compact, environment, load_lines, replace_text, save_lines

FOLDER = RESULTS / "multifidelity"
RUNS = FOLDER / "runs"
HIGHS = FOLDER / "median_of_random.json"
FRACTIONS = (0.1, 0.25, 0.5, 1.0)


class Run(TypedDict):
    """What a method did with one seed."""

    budget: int
    """Largest amount of resource that it could spend."""
    best: list[list[float]]
    """``[spent, loss]`` whenever a lower loss than ever was reported."""
    incumbents: list[float | None]
    """What the incumbent at each of :data:`FRACTIONS` of the budget was worth in the end."""
    configurations: int
    seconds: float
    """Processor time, without what the problem took."""


def load_runs(suite: str, method: str) -> dict[int, Run]:
    """Runs by seed; none if the method has not run yet."""
    return {line.pop("seed"): Run(**line) for line in load_lines(_path(suite, method))}


def add_run(suite: str, method: str, seed: int, run: Run) -> None:
    """Keep a run in place of the one with this seed; what others wrote meanwhile stays."""
    runs = {**load_runs(suite, method), seed: run}
    save_lines(
        _path(suite, method),
        {"suite": suite, "method": method, **environment(("smac",))},
        ({"seed": s, **r} for s, r in sorted(runs.items())),
    )


def drop_runs(suite: str, method: str) -> None:
    """Forget what a method did on a suite."""
    _path(suite, method).unlink(missing_ok=True)


def load_high(suite: str) -> float | None:
    """The loss that counts as a regret of 1, None if nobody has found it yet."""
    known = json.loads(HIGHS.read_text()) if HIGHS.exists() else {}
    found: float | None = known.get(suite)
    return found


def add_high(suite: str, high: float) -> None:
    """Keep the loss that counts as a regret of 1."""
    known = json.loads(HIGHS.read_text()) if HIGHS.exists() else {}
    replace_text(HIGHS, compact({**known, suite: round(high, 6)}) + "\n")


def _path(suite: str, method: str) -> Path:
    name = method.replace(", ", "_").replace(" ", "_")
    return RUNS / suite / f"{name}.jsonl"
