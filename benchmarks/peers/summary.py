"""From runs to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks.peers.contestants.job import objective
from benchmarks.peers.kept_runs import Run, load_runs

OURS = "ours"
Row = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Runs of a contestant on a table, by seed, at one limit and weight."""

    table: str
    contestant: str
    runs: Mapping[int, Run]
    wc: float
    failures: tuple[str, ...]

    @property
    def objectives(self) -> dict[int, float]:
        """By seed; none for what is no network."""
        return {
            seed: objective(
                run["error"], run["n_params"],
                wc=self.wc, baseline=run["baseline"], n_samples=run["n_test"],
            )
            for seed, run in self.runs.items()
            if run["n_params"] is not None
        }  # fmt: skip

    def mean(self, figure: str) -> float | None:
        values = [run[figure] for run in self.runs.values() if run.get(figure) is not None]
        return float(np.mean(values)) if values else None

    @property
    def error(self) -> float:
        return float(np.mean([run["error"] for run in self.runs.values()]))

    @property
    def objective(self) -> float | None:
        return float(np.mean(list(self.objectives.values()))) if self.objectives else None

    def row(self) -> Row:
        errors = [run["error"] for run in self.runs.values()]
        n_bytes = self.mean("n_bytes")
        return {
            "table": self.table,
            "contestant": self.contestant,
            "runs": len(self.runs),
            "accuracy": _shown(self.mean("accuracy"), 4),
            "error": _shown(self.mean("error"), 4),
            "se error": _shown(standard_error(errors), 4),
            "log loss": _shown(self.mean("log_loss"), 3),
            "objective": _shown(self.objective, 3),
            "se": _shown(standard_error(list(self.objectives.values())), 3),
            "params": _shown(self.mean("n_params"), 0),
            "kB": _shown(None if n_bytes is None else n_bytes / 1000, 1),
            "CPU s": _shown(self.mean("cpu_seconds"), 1),
            "wall s": _shown(self.mean("wall_seconds"), 1),
            "failures": "; ".join(sorted(set(self.failures))),
        }


def summarise(
    folder: Path,
    tables: Sequence[str],
    contestants: Sequence[str],
    limits: Sequence[float],
    weights: Sequence[float],
    seeds: int,
) -> dict[str, list[Row]]:
    """Return tables by title: figures, ranks and ours against the best peer, for each setting."""
    found = {}
    for seconds in limits:
        for wc in weights:
            groups = [
                group
                for table in tables
                for name in contestants
                if (group := _group(folder, table, name, seconds, wc, seeds))
            ]
            setting = f"{seconds:g} s, wc {wc:g}"
            found[setting] = [group.row() for group in groups]
            played = [group for group in groups if group.runs]
            found[f"ranks, {setting}"] = ranks(played)
            found[f"ours - best peer network, {setting}"] = differences(played)
    return found


def _group(
    folder: Path, table: str, name: str, seconds: float, wc: float, seeds: int
) -> Group | None:
    kept = {
        seed: run
        for (limit, weight, seed), run in load_runs(folder, table, name).items()
        if limit in (None, seconds) and weight in (None, wc) and seed < seeds
    }
    good = {seed: run for seed, run in kept.items() if "failure" not in run}
    failures = tuple(run["failure"] for run in kept.values() if "failure" in run)
    return Group(table, name, good, wc, failures) if kept else None


def ranks(groups: Sequence[Group]) -> list[Row]:
    """Mean rank over the tables (1 is best, ties share) of networks by objective, of all by error.

    Each table ranks those who have played on it.
    """
    by_objective: dict[str, list[float]] = {}
    by_error: dict[str, list[float]] = {}
    for table in dict.fromkeys(group.table for group in groups):
        here = [group for group in groups if group.table == table]
        networks = [group for group in here if group.objective is not None]
        for of, among, values in (
            (by_objective, networks, [group.objective for group in networks]),
            (by_error, here, [group.error for group in here]),
        ):
            for group, rank in zip(among, rankdata(values), strict=True):
                of.setdefault(group.contestant, []).append(float(rank))
    return [
        {
            "contestant": name,
            "tables": len(places),
            "rank by error": _shown(float(np.mean(places)), 2),
            "rank by objective": _shown(
                float(np.mean(by_objective[name])) if name in by_objective else None, 2
            ),
        }
        for name, places in sorted(by_error.items(), key=lambda item: np.mean(item[1]))
    ]


def differences(groups: Sequence[Group]) -> list[Row]:
    """Objective of ours less that of the best peer network of each table, paired by seed."""
    rows: list[Row] = []
    for mine in [group for group in groups if group.contestant == OURS]:
        peers = [
            group
            for group in groups
            if group.table == mine.table and group.contestant != OURS and group.objectives
        ]
        if peers:
            best = min(peers, key=lambda group: group.objective or 0)
            both = mine.objectives.keys() & best.objectives.keys()
            pairs = [mine.objectives[seed] - best.objectives[seed] for seed in both]
            rows.append(_difference(mine.table, best.contestant, pairs))
    if len(rows) > 1:
        rows.append(_difference("mean of tables", "", [row["difference"] for row in rows]))
    return rows


def _difference(table: str, peer: str, values: Sequence[float]) -> Row:
    return {
        "table": table,
        "best peer": peer,
        "difference": _shown(float(np.mean(values)) if values else None, 3),
        "se": _shown(standard_error(values), 3),
    }


def standard_error(values: Sequence[float]) -> float | None:
    """Standard error of the mean; None for fewer than two values."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def _shown(value: float | None, digits: int) -> float | int | str:
    """Round for a table; a dash where there is nothing."""
    if value is None:
        return "-"
    return round(value, digits) if digits else round(value)
