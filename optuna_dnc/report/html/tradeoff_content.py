"""Texts and tables of the report of a trade-off."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optuna_dnc._formats import quality
from optuna_dnc._markdown import counted
from optuna_dnc._version import __version__
from optuna_dnc.objectives import (
    CostMeasure,
    Quality,
    cost_cells,
    costs_from_dict,
    described_cost,
    described_costs,
    metrics_from_dict,
)
from optuna_dnc.report.figures.tradeoff import trained_networks
from optuna_dnc.report.formats import loss, number, percent_of
from optuna_dnc.report.html.headline import cost_change, quality_change
from optuna_dnc.runs import LeaderboardRow
from optuna_dnc.runs.leaderboard import leaderboard
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.tradeoff import Tradeoff


def tradeoff_content(tradeoff: Tradeoff) -> dict[str, Any]:
    """Return the variables of the template."""
    summary = tradeoff.summary
    costs = described_costs(costs_from_dict(summary["points"][0]))
    return {
        "tradeoff": {
            "path": str(tradeoff.path),
            "network": summary["network"],
            "dataset": summary["dataset"],
            "state": "complete" if tradeoff.complete else "not all searches are complete",
        },
        "headline": _headline(summary),
        "sentences": list(_sentences(summary)),
        "quality_title": _quality(summary["points"][0], summary).described.title,
        "lines": [_line(point, costs, _quality(point, summary)) for point in summary["points"]],
        "costs": [cost.heading for cost in costs],
        "front": [_front_line(row, costs) for row in _front(tradeoff)],
        "commands": _commands(tradeoff),
        "facts": list(_facts(summary)),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def _headline(summary: Mapping[str, Any]) -> str:
    cost = described_cost(summary["penalize"])
    costs = [costs_from_dict(point)[cost.name] for point in summary["points"]]
    low, high = min(costs), max(costs)
    if low < high:
        return f"From {cost.format(high)} down to {cost.in_words(low)}"
    return cost.in_words(low)


def _sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    first, last = summary["points"][0], summary["points"][-1]
    if first is not last:
        before, after = costs_from_dict(first), costs_from_dict(last)
        names = [name for name in before if before[name] > 0 and after.get(name, 0) > 0]
        costs = ", ".join(cost_change(name, before, after) for name in names)
        part = "validation" if last["test_error"] is None else "test"
        change = quality_change(part, _quality(first, summary), _quality(last, summary))
        yield f"From wc {first['wc']:g} to wc {last['wc']:g}: {costs}, and {change}."
    cost = described_cost(summary["penalize"]).unit
    yield (
        f"Each search minimizes its loss, log₁₀(error + wc × {cost} / baseline). Together they "
        f"trained {counted(summary['n_trained'], 'network')} for "
        f"{counted(summary['epochs'], 'epoch')}, in {number(summary['search_seconds'])} seconds."
    )


def _quality(point: Mapping[str, Any], summary: Mapping[str, Any]) -> Quality:
    found: Quality = metrics_from_dict(point, summary["task"])["quality"]
    return found


def _line(
    point: Mapping[str, Any], costs: Sequence[CostMeasure], measured: Quality
) -> dict[str, Any]:
    return {
        "wc": f"{point['wc']:g}",
        "test": quality(measured.test, percent=True),
        "val": quality(measured.val, percent=True),
        "costs": cost_cells(costs_from_dict(point), costs),
        "loss": loss(point["loss"]),
        "n_trained": f"{point['n_trained']:,}",
        "seconds": number(point["search_seconds"]),
        "description": point["description"],
    }


def _front(tradeoff: Tradeoff) -> list[LeaderboardRow]:
    """Return the networks of all searches on the Pareto front, the cheapest first."""
    penalize = tradeoff.summary["penalize"]
    # Losses at different wc cannot be compared: the best training is that of the lowest error.
    records = [
        replace(record, loss=record.measured.error)
        for of_wc in trained_networks(tradeoff).values()
        for record in of_wc
    ]
    front = [row for row in leaderboard(records, penalize) if row.on_front]
    return sorted(front, key=lambda row: row.costs[penalize])


def _front_line(row: LeaderboardRow, costs: Sequence[CostMeasure]) -> dict[str, Any]:
    return {
        "val": percent_of(row.record),
        "costs": cost_cells(row.costs, costs),
        "n_trainings": row.n_trainings,
        "description": row.network,
    }


def _commands(tradeoff: Tradeoff) -> str:
    folder = shlex.quote(str(next(iter(tradeoff.results.values())).path))
    return f"optuna-dnc report {folder}\noptuna-dnc predict {folder} samples.npz"


def _facts(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "data set", f"{summary['dataset']} ({summary['task']})"
    settings = summary.get("settings") or {}
    if "data" in settings:
        yield "fingerprint", f"SHA-256 {settings['data'][:32]}…"
    for name in ("network", "penalize"):
        yield name, str(summary[name])
    for name in ("strategy", "sampler", "pruner", "epochs", "n_startup_trials", "n_steps", "seed"):
        if name in settings:
            yield name, str(settings[name])
    for name, limit in named_limits(settings).items():
        yield name, f"{limit:,g}"
