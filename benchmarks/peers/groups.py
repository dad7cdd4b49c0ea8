"""Runs of one contestant on one table, at one limit and weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers.contestants.job import objective
from benchmarks.peers.kept_runs import Run, load_runs


@dataclass(frozen=True)
class Group:
    """Runs by seed."""

    table: str
    contestant: str
    wc: float
    runs: Mapping[int, Run]
    failures: frozenset[str] = frozenset()

    def figures(self, name: str) -> dict[int, float]:
        """A figure by seed, where a run has it; ``objective`` is that of the group's weight."""
        if name == "objective":
            return {
                seed: objective(
                    run["error"], run["n_params"],
                    wc=self.wc, baseline=run["baseline"], n_samples=run["n_test"],
                )
                for seed, run in self.runs.items()
                if run["n_params"] is not None
            }  # fmt: skip
        return {s: run[name] for s, run in self.runs.items() if run.get(name) is not None}

    def mean(self, name: str) -> float | None:
        return mean(self.figures(name).values())

    def standard_error(self, name: str) -> float | None:
        return standard_error(self.figures(name).values())

    def differences(self, other: Group, name: str) -> list[float]:
        """A figure of this group less that of another, for the seeds that both have."""
        mine, theirs = self.figures(name), other.figures(name)
        return [mine[seed] - theirs[seed] for seed in sorted(mine.keys() & theirs.keys())]


def load_groups(
    folder: Path,
    tables: Sequence[str],
    contestants: Sequence[str],
    *,
    seconds: float,
    wc: float,
    seeds: int,
) -> list[Group]:
    """Return a group for each table and contestant that have met."""
    groups = []
    for table in tables:
        for name in contestants:
            kept = {
                seed: run
                for (limit, weight, seed), run in load_runs(folder, table, name).items()
                if limit in (None, seconds) and weight in (None, wc) and seed < seeds
            }
            good = {seed: run for seed, run in kept.items() if "failure" not in run}
            failures = frozenset(run["failure"] for run in kept.values() if "failure" in run)
            if kept:
                groups.append(Group(table, name, wc, good, failures))
    return groups


def mean(values: Iterable[float]) -> float | None:
    """Mean; None of no values."""
    array = np.array(list(values))
    return float(array.mean()) if array.size else None


def standard_error(values: Iterable[float]) -> float | None:
    """Standard error of the mean; None of fewer than two values."""
    array = np.array(list(values))
    return float(array.std(ddof=1) / np.sqrt(array.size)) if array.size > 1 else None


def percent(value: float | None) -> float | None:
    """A share in percent; of an error of values, of their variance."""
    return None if value is None else 100 * value


def shown(value: float | None, digits: int) -> float | int | str:
    """Round for a table; a dash where there is nothing."""
    if value is None:
        return "-"
    return round(value, digits) if digits else round(value)
