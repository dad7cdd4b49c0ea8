"""From runs to a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.common import Reference
from benchmarks.multifidelity.kept_runs import FRACTIONS, Run

FULL_TRAININGS = "dnc"


def best_by(run: Run, fraction: float) -> float:
    """The lowest loss reported by a fraction of the budget, NaN if none."""
    seen = [loss for spent, loss in run["best"] if spent <= fraction * run["budget"]]
    return seen[-1] if seen else np.nan


def best_so_far(run: Run) -> list[float]:
    """The lowest loss reported by each of :data:`FRACTIONS` of the budget, NaN if none."""
    return [best_by(run, fraction) for fraction in FRACTIONS]


def lost_by_a_third(of: Mapping[int, Run], full: Mapping[int, Run]) -> tuple[float, float]:
    """How much higher the loss is after a third of the budget than that of full trainings after
    all of it: mean over the seeds that both have, and its standard error."""
    lost = np.array(
        [best_by(of[seed], 1 / 3) - best_by(full[seed], 1.0) for seed in of if seed in full]
    )
    if len(lost) < 2:
        return np.nan, np.nan
    return float(lost.mean()), float(lost.std(ddof=1) / np.sqrt(len(lost)))


def incumbents(run: Run) -> list[float]:
    """What the incumbents at these fractions were worth in the end."""
    return [np.nan if loss is None else loss for loss in run["incumbents"]]


def summarise(
    runs: Mapping[str, Mapping[int, Run]], reference: Reference, seeds: int, *, noisy: bool
) -> list[dict[str, Any]]:
    """Return a row for each method: mean regrets over the seeds it has.

    "seen" is the regret of the lowest loss reported so far at whatever resource, "incumbent"
    that of the incumbent's loss at the largest resource; each at 10, 25, 50 and 100 % of the
    budget. The sd is that of the last column's mean over seeds, as a standard error. "third -
    full" is :func:`lost_by_a_third`, in the unit of the loss.
    """
    rows = []
    for method, every_run in runs.items():
        by_seed = {seed: run for seed, run in sorted(every_run.items()) if seed < seeds}
        of = list(by_seed.values())
        if not of:
            continue
        row: dict[str, Any] = {"method": method, "seeds": len(of)}
        views = (
            {"incumbent": incumbents} if noisy else {"seen": best_so_far, "incumbent": incumbents}
        )
        for view, losses in views.items():
            regrets = reference.regret(np.array([losses(run) for run in of], dtype=np.float64))
            for share, mean in zip(FRACTIONS, regrets.mean(axis=0), strict=True):
                row[f"{view} {share:.0%}"] = float(mean)
            row[f"se {view}"] = float(
                regrets[:, -1].std(ddof=min(1, len(of) - 1)) / np.sqrt(len(of))
            )
        if not noisy:
            lost, error = lost_by_a_third(by_seed, runs.get(FULL_TRAININGS, {}))
            row |= {"third - full": lost, "se third": error}
        row["configurations"] = float(np.mean([run["configurations"] for run in of]))
        row["s/run"] = float(np.mean([run["seconds"] for run in of]))
        rows.append(row)
    return rows
