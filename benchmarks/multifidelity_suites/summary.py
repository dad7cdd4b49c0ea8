"""From runs to a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from multifidelity_suites.store import FRACTIONS, Run


@dataclass(frozen=True)
class Reference:
    """Losses that count as no regret and as a regret of 1."""

    low: float
    high: float

    def regret(self, losses: np.ndarray) -> np.ndarray:
        """Return ``(loss - low) / (high - low)`` clipped to [0, 1]; NaN counts as 1."""
        regret = (np.nan_to_num(losses, nan=np.inf) - self.low) / (self.high - self.low)
        clipped: np.ndarray = np.clip(regret, 0.0, 1.0)
        return clipped


def best_so_far(run: Run) -> list[float]:
    """The lowest loss reported by each of :data:`FRACTIONS` of the budget, NaN if none."""
    seen = [[loss for spent, loss in run["best"] if spent <= f * run["budget"]] for f in FRACTIONS]
    return [losses[-1] if losses else np.nan for losses in seen]


def incumbents(run: Run) -> list[float]:
    """What the incumbents at these fractions were worth in the end."""
    return [np.nan if loss is None else loss for loss in run["incumbents"]]


def summarise(
    runs: Mapping[str, Mapping[int, Run]], reference: Reference, seeds: int, *, noisy: bool
) -> list[dict[str, Any]]:
    """Return a row for each method: mean regrets over the seeds it has.

    "seen" is the regret of the lowest loss reported so far at whatever resource, "incumbent"
    that of the incumbent's loss at the largest resource; each at 10, 25, 50 and 100 % of the
    budget. The sd is that of the last column's mean over seeds, as a standard error.
    """
    rows = []
    for method, by_seed in runs.items():
        of = [run for seed, run in sorted(by_seed.items()) if seed < seeds]
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
            row[f"se {view}"] = float(regrets[:, -1].std() / np.sqrt(len(of)))
        row["configurations"] = float(np.mean([run["configurations"] for run in of]))
        row["s/run"] = float(np.mean([run["seconds"] for run in of]))
        rows.append(row)
    return rows
