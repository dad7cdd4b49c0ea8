"""What a search found, in a few lines: the network, and what it is to be compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc.objectives import NetworkMetrics, Quality, described_cost, metrics_from_dict
from optuna_dnc.runs import Record, Run

SAME = 1.05
"""Two costs are told apart from this factor on."""


@dataclass(frozen=True, kw_only=True)
class NetworkLine(NetworkMetrics):
    """One network of the comparison."""

    role: str
    """What it stands for."""
    description: str
    loss: float

    @classmethod
    def of(cls, role: str, record: Record, tested: Mapping[str, Any] | None = None) -> NetworkLine:
        """A record as a line.

        Args:
            role: See above.
            record: The record.
            tested: What result.json says of it, if it is the saved network.
        """
        measured, test_error = record.measured, (tested or {}).get("test_error")
        is_classification = measured.val_accuracy is not None
        return cls(
            role=role,
            description=record.description,
            quality=Quality(measured.error, test_error, is_classification),
            costs=measured.costs,
            loss=record.loss,
        )


@dataclass(frozen=True)
class Answer:
    """The network that was found, so far or in the end."""

    found: NetworkLine
    others: tuple[NetworkLine, ...]
    """The starting point and the largest network, where they are others."""
    baseline: float | None
    """The cost that counts as 1."""
    penalize: str


def answer(search: Run) -> Answer | None:
    """What was found; None before a network was trained to its end."""
    found = _found(search)
    if found is None:
        return None
    best = search.ledger.best
    others = tuple(
        NetworkLine.of(role, record)
        for role, record in _others(search)
        if best is None or record.key != best.key
    )
    return Answer(found, others, search.studies.baseline(), search.settings["penalize"])


def _found(search: Run) -> NetworkLine | None:
    best, saved = search.ledger.best, (search.summary or {}).get("best")
    if best is None:
        return None if search.summary is None else _provisional(search.summary)
    if not best.measured.is_usable:
        return None
    is_saved = saved is not None and saved["loss"] == best.loss
    return NetworkLine.of("found", best, saved if is_saved else None)


def _provisional(summary: Mapping[str, Any]) -> NetworkLine:
    """The network of a search that ran out of time before any trial came to its end."""
    best = summary["best"]
    return NetworkLine(
        role="found so far",
        description=summary["leaders"][0]["network"],
        loss=best["loss"],
        **metrics_from_dict(best, summary["task"]),
    )


def _others(search: Run) -> Iterator[tuple[str, Record]]:
    whole = [r for r in search.ledger.records if r.measured.is_usable and not r.pruned]
    if whole:
        penalize = search.settings["penalize"]
        yield "first measured", whole[0]
        largest = max(whole, key=lambda record: record.measured.costs[penalize])
        if largest.key != whole[0].key:
            yield "largest measured", largest


def comparisons(answer: Answer) -> list[str]:
    """Plain sentences: the network that was found against the others."""
    return [
        f"Against the {other.role} network: {_quality(answer.found, other)}, "
        f"{_cost(answer, other)}."
        for other in answer.others
    ]


def _quality(found: NetworkLine, other: NetworkLine) -> str:
    if found.val_accuracy is None or other.val_accuracy is None:
        return f"validation error {found.val_error:.3g} instead of {other.val_error:.3g}"
    points = 100 * (found.val_accuracy - other.val_accuracy)
    if abs(points) < 0.005:
        return "the same validation accuracy"
    more = "more" if points > 0 else "less"
    return f"{abs(points):.2f} percentage points {more} validation accuracy"


def _cost(answer: Answer, other: NetworkLine) -> str:
    return times_fewer(answer.penalize, other.costs, answer.found.costs)


def times_fewer(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Compare a cost of two networks, both above 0, in words."""
    unit, factor = described_cost(name).unit, before[name] / after[name]
    if 1 / SAME < factor < SAME:
        return f"about as many {unit}"
    if factor > 1:
        return f"{factor:.3g} times fewer {unit}"
    return f"{1 / factor:.3g} times as many {unit}"
