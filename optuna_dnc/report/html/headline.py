"""Headline of the report: the best network, compared to others of the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc._formats import quality
from optuna_dnc.objectives import NetworkMetrics, Quality, Score, described_cost, metrics_from_dict
from optuna_dnc.report.formats import number
from optuna_dnc.runs import Record, Run

SAME = 1.05
"""Costs that differ by a smaller factor are called about equal."""


@dataclass(frozen=True, kw_only=True)
class NetworkLine(NetworkMetrics):
    """Row of the comparison."""

    role: str
    """Role of the network, such as ``best``."""
    description: str
    loss: float

    @classmethod
    def of(cls, role: str, record: Record, saved: Mapping[str, Any] | None = None) -> NetworkLine:
        """Create a row from a record.

        Args:
            role: Role of the network.
            record: The record.
            saved: ``best`` of ``result.json``, if this is the saved network.
        """
        measured = record.measured
        task = "regression" if measured.val_accuracy is None else "classification"
        return cls(
            role=role,
            description=record.description,
            quality=Quality(measured.score, Score.read(saved or {}, "test", task)),
            costs=measured.costs,
            loss=record.loss,
        )


@dataclass(frozen=True)
class Headline:
    """The best network so far, and others to compare it to."""

    best: NetworkLine
    others: tuple[NetworkLine, ...]
    """The first and the largest network, if they differ from the best one."""
    baseline: float | None
    """Cost that counts as 1."""
    penalize: str


def headline(search: Run) -> Headline | None:
    """Return the headline of a search; None before a network was trained to the end."""
    best = _best(search)
    if best is None:
        return None
    record = search.answer_record
    others = tuple(
        NetworkLine.of(role, other)
        for role, other in _others(search)
        if record is None or other.key != record.key
    )
    return Headline(best, others, search.studies.baseline(), search.settings["penalize"])


def _best(search: Run) -> NetworkLine | None:
    best, saved = search.answer_record, (search.answer or {}).get("best")
    if best is None:
        return None if search.summary is None else _provisional(search.summary)
    if not best.measured.is_usable:
        return None
    is_saved = saved is not None and saved["loss"] == best.loss
    role = "best" if best is search.ledger.best else "chosen"
    return NetworkLine.of(role, best, saved if is_saved else None)


def _provisional(summary: Mapping[str, Any]) -> NetworkLine:
    """Return the network of a search that timed out before any trial reached its end."""
    best = summary["best"]
    return NetworkLine(
        role="best so far",
        description=summary["leaders"][0]["network"],
        loss=best["loss"],
        **metrics_from_dict(best, summary["task"]),
    )


def _others(search: Run) -> Iterator[tuple[str, Record]]:
    best = search.ledger.best
    if best is not None and best is not search.answer_record:
        yield "best", best
    finished = [r for r in search.ledger.records if r.measured.is_usable and not r.pruned]
    if finished:
        penalize = search.settings["penalize"]
        yield "first measured", finished[0]
        largest = max(finished, key=lambda record: record.measured.costs[penalize])
        if largest.key != finished[0].key:
            yield "largest measured", largest


def comparisons(headline: Headline) -> list[str]:
    """Return sentences that compare the best network to the others."""
    return [
        f"Compared to the {other.role} network: "
        f"{quality_change('validation', other.quality, headline.best.quality)}, "
        f"{cost_change(headline.penalize, other.costs, headline.best.costs)}."
        for other in headline.others
    ]


def quality_change(part: str, before: Quality, after: Quality) -> str:
    """Compare the quality of two networks in words.

    Args:
        part: ``validation`` or ``test``.
        before: Quality of the first network, measured on this part.
        after: Quality of the second network, also measured on it.
    """
    was, now = (each.val if part == "validation" else each.test for each in (before, after))
    if was is None or now is None or after.described.basis != "accuracy":
        return f"{part} {after.described.title} {quality(now)} instead of {quality(was)}"
    points = 100 * (was.error - now.error)
    if abs(points) < 0.005:
        return f"equal {part} {after.described.title}"
    direction = "higher" if points > 0 else "lower"
    return f"{part} {after.described.title} {abs(points):.2f} percentage points {direction}"


def cost_change(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Compare a cost of two networks, both above 0, in words."""
    unit, factor = described_cost(name).unit, before[name] / after[name]
    if 1 / SAME < factor < SAME:
        return f"about as many {unit}"
    if factor > 1:
        return f"{number(factor)} times fewer {unit}"
    return f"{number(1 / factor)} times as many {unit}"
