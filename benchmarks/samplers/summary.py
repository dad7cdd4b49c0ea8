"""From runs to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks.common import Reference
from benchmarks.samplers.kept_runs import Run, Runs
from benchmarks.samplers.suites.problem import Problem


def summarise(
    problems: Sequence[Problem],
    references: Mapping[tuple[str, str], Reference],
    runs: Mapping[str, Runs],
    *,
    seeds: int,
    budgets: Sequence[int],
) -> list[dict[str, Any]]:
    """Return a row for each sampler on one suite.

    A sampler takes part at a budget once it has a run that long on every problem with every
    seed. Regrets are means over problems and seeds; their sd is that of the seeds' means. Ranks
    (1 is best, ties share) are means over problems and seeds, among those that take part.

    Args:
        problems: The problems of the suite.
        references: What counts as a regret of 0 and 1.
        runs: By sampler.
        seeds: Number of seeds, from 0.
        budgets: Trials after which the best value so far is looked at.
    """
    at = {budget: _regrets(problems, references, runs, seeds, budget) for budget in budgets}
    ranks = {
        budget: dict(zip(of, rankdata(list(of.values()), axis=0), strict=True)) if of else {}
        for budget, of in at.items()
    }
    rows = []
    for sampler, found in runs.items():
        of = {key: run for key, run in found.items() if key[1] < seeds}
        row: dict[str, Any] = {"sampler": sampler}
        for budget in budgets:
            regrets = at[budget].get(sampler)
            seen = regrets is not None
            row[f"regret {budget}"] = float(regrets.mean()) if seen else "-"
            row[f"sd {budget}"] = float(regrets.mean(axis=0).std()) if seen else "-"
            row[f"rank {budget}"] = float(ranks[budget][sampler].mean()) if seen else "-"
        row["ms/trial"] = _milliseconds(of)
        row["runs"] = f"{len(of)} of {len(problems) * seeds}"
        rows.append(row)
    return rows


def _regrets(
    problems: Sequence[Problem],
    references: Mapping[tuple[str, str], Reference],
    runs: Mapping[str, Runs],
    seeds: int,
    budget: int,
) -> dict[str, np.ndarray]:
    """Regrets by sampler, (n_problems, seeds) float64, of those that are complete."""
    found = {}
    for sampler, of in runs.items():
        asked = [[of.get((problem.name, seed)) for seed in range(seeds)] for problem in problems]
        if all(run is not None and len(run.values) >= budget for row in asked for run in row):
            best = np.array([[min(run.values[:budget]) for run in row] for row in asked])
            found[sampler] = np.array(
                [
                    references[p.suite, p.name].regret(values, log=p.log_regret)
                    for p, values in zip(problems, best, strict=True)
                ]
            )
    return found


def _milliseconds(runs: Mapping[Any, Run]) -> float | str:
    """The sampler's own time a trial: median over the runs."""
    return float(np.median([run.milliseconds for run in runs.values()])) if runs else "-"
