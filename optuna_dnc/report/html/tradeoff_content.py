"""Everything that the page of a trade-off says, apart from its figures."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optuna_dnc._markdown import counted
from optuna_dnc._version import __version__
from optuna_dnc.objectives import (
    CostMeasure,
    cost_cells,
    costs_from_dict,
    described_cost,
    described_costs,
)
from optuna_dnc.report.html.content import quality
from optuna_dnc.report.html.headline import times_fewer
from optuna_dnc.report.markdown import loss, seconds
from optuna_dnc.tradeoff import Tradeoff


def content(found: Tradeoff) -> dict[str, Any]:
    """The words and tables of the page, by their names in the template."""
    summary = found.summary
    costs = described_costs(costs_from_dict(summary["points"][0]))
    return {
        "tradeoff": {
            "path": str(found.path),
            "network": summary["network"],
            "dataset": summary["dataset"],
            "state": "complete" if found.complete else "not all searches have ended",
        },
        "headline": _headline(summary),
        "sentences": list(_sentences(summary)),
        "quality_title": "accuracy" if summary["task"] == "classification" else "error",
        "lines": [_line(point, costs) for point in summary["points"]],
        "costs": [cost.heading for cost in costs],
        "commands": _commands(found),
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
        costs = ", ".join(times_fewer(name, before, after) for name in names)
        yield (
            f"From wc {first['wc']:g} to wc {last['wc']:g}: {costs}, and {_change(first, last)}."
        )
    cost = described_cost(summary["penalize"]).unit
    yield (
        f"Each search minimises log10(error + wc × {cost} / baseline). Together they have trained "
        f"{counted(summary['n_trained'], 'network')} for {counted(summary['epochs'], 'epoch')}, "
        f"in {seconds(summary['search_seconds'])} seconds."
    )


def _change(first: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    part, what = ("val", "validation") if last["test_error"] is None else ("test", "test")
    before, after = first[f"{part}_accuracy"], last[f"{part}_accuracy"]
    if before is None or after is None:
        errors = first[f"{part}_error"], last[f"{part}_error"]
        return f"a {what} error of {errors[1]:.3g} instead of {errors[0]:.3g}"
    points = 100 * (after - before)
    if abs(points) < 0.005:
        return f"the same {what} accuracy"
    more = "less" if points < 0 else "more"
    return f"{abs(points):.2f} percentage points {more} {what} accuracy"


def _line(point: Mapping[str, Any], costs: Sequence[CostMeasure]) -> dict[str, Any]:
    return {
        "wc": f"{point['wc']:g}",
        "test": quality(point["test_accuracy"], point["test_error"]),
        "val": quality(point["val_accuracy"], point["val_error"]),
        "costs": cost_cells(costs_from_dict(point), costs),
        "loss": loss(point["loss"]),
        "n_trained": f"{point['n_trained']:,}",
        "seconds": seconds(point["search_seconds"]),
        "description": point["description"],
    }


def _commands(found: Tradeoff) -> str:
    folder = shlex.quote(str(next(iter(found.results.values())).path))
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
