"""Comparison of a network with simple models, on the same samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from optuna_dnc._markdown import listed
from optuna_dnc.evaluation.panel import EvaluationPanel, text_of

Part = Literal["test", "validation"]

LINEAR, CONSTANT, BOOSTING = "linear model", "constant guess", "gradient boosting"

NAMES = (CONSTANT, LINEAR, BOOSTING)
"""Simple models in the order of their training."""

SMALL_BOOSTING = f"{BOOSTING} (30 iterations)"
BOOSTED = {BOOSTING: 100, SMALL_BOOSTING: 30}
"""Iterations of gradient boosting by its name; the smaller one is for little time."""

NO_TIME = "no time was left"
TOO_SHORT = "the time limit is too short"
"""Reasons that do not hold for a later run with more time."""


@dataclass(frozen=True)
class Floor:
    """Simple model that a network should beat, trained on the same samples."""

    name: str
    scores: Mapping[str, float]
    """Metrics by name, as of :class:`EvaluationPanel`."""
    seconds: float
    """Wall time of its training and predictions."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Entry ``evaluation`` of result.json."""

    part: Part
    """Samples for all measurements; on validation samples, the network is that before its final
    training."""
    n_train: int
    """Number of samples that the simple models were trained on: as many as the network. Of the
    first fold in a cross-validation."""
    n_folds: int = 1
    """Folds of the validation samples, in each of which other networks and models are measured."""
    panel: EvaluationPanel | None
    """Metrics of the network; None if there was no time."""
    floors: tuple[Floor, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Why simple models were left out, by name."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Comparison:
        """Create it from what :meth:`to_dict` returned, also if that was stored as JSON."""
        panel = values["panel"]
        return cls(
            part=values["part"],
            n_train=values["n_train"],
            n_folds=values.get("n_folds", 1),
            panel=None if panel is None else EvaluationPanel.from_dict(panel),
            floors=tuple(
                Floor(floor["name"], floor["scores"], floor["seconds"])
                for floor in values["floors"]
            ),
            skipped=values["skipped"],
        )

    @classmethod
    def of(cls, summary: Mapping[str, Any] | None) -> Comparison | None:
        """Return the comparison in the content of result.json; None if there is none."""
        stored = (summary or {}).get("evaluation")
        return None if stored is None else cls.from_dict(stored)

    @property
    def lacks_time(self) -> bool:
        """Whether a part was left out for lack of time, which another run may have."""
        return not {NO_TIME, TOO_SHORT}.isdisjoint(self.skipped.values())

    def has_more_than(self, other: Comparison) -> bool:
        """Return whether it has a panel that the other lacks, or more models."""
        size = (self.panel is not None, len(self.floors))
        return size > (other.panel is not None, len(other.floors))

    @property
    def headline(self) -> str:
        """One line: the main metric of the network with its interval, and of the others."""
        if self.panel is None:
            return ""
        text = text_of(self.panel.metric)
        part: str = "cross-validation" if self.n_folds > 1 else self.part
        part = f"weighted {part}" if self.panel.is_weighted else part
        line = f"{part.capitalize()} {text.title} {text.format(self.panel.value)}"
        if self.panel.interval is not None:
            line += " ({} to {})".format(*map(text.bare, self.panel.interval))
        others = [f"{name} {text.format(value)}" for name, value in self._values()]
        return f"{line}; {', '.join(others)}." if others else f"{line}."

    def lines(self, wc: float) -> list[str]:
        """Return the whole comparison in sentences.

        Args:
            wc: Weight of the cost in the search.
        """
        return [*filter(None, [self.headline]), *self.verdict(wc), *self.gaps]

    def _values(self) -> list[tuple[str, float]]:
        """Return name and main metric of the simple models that have it."""
        if self.panel is None:
            return []
        metric, order = self.panel.metric, (LINEAR, CONSTANT, *BOOSTED)
        known = {floor.name: floor.scores for floor in self.floors}
        return [(name, known[name][metric]) for name in order if metric in known.get(name, {})]

    def verdict(self, wc: float) -> list[str]:
        """Return which models the network does not beat, with advice; empty if it beats all."""
        if self.panel is None:
            return []
        text, value = text_of(self.panel.metric), self.panel.value
        low, high = self.panel.interval or (value, value)
        behind, close = [], []
        for name, other in self._values():
            is_better = text.is_better(other, value)
            if low <= other <= high and (is_better or name not in BOOSTED):
                close.append("a linear model" if name == LINEAR else name)
            elif is_better:
                behind.append(f"{name} ({text.format(other)})")
        if any(name.startswith(CONSTANT) for name in behind) or CONSTANT in close:
            return [
                "The network is no better than a constant guess: it has learned nothing that "
                f"the {self.part} samples confirm. Look at the data with optuna-dnc check, and "
                "search with more epochs."
            ]
        remedy = "Search longer, or with more epochs"
        if wc:
            remedy += f" or a lower weight of the cost (wc is {wc:g})"
        if behind:
            return [
                f"The network is behind {listed(behind)}. {remedy}, or use that model if its "
                "size and speed suit you."
            ]
        if close:
            return [
                f"The network is not clearly better than {listed(close)}, whose value is in the "
                f"interval. {remedy}, or use that model if its size and speed suit you."
            ]
        return []

    @property
    def gaps(self) -> list[str]:
        """Which models were left out, and why."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.skipped.items():
            by_reason.setdefault(reason, []).append(name)
        return [
            f"Not compared with {listed(names)}: {reason}." for reason, names in by_reason.items()
        ]
