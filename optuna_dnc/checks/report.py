"""What the checks of a data set have found."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """One line of a report."""

    check: str
    """What was checked."""
    seen: str
    """What was seen, in words."""
    status: Status = "ok"
    advice: str = ""
    """What to do; empty where all is well."""
    details: dict[str, Any] = field(default_factory=dict)
    """Figures, as JSON holds them."""


def finite(value: float) -> float | None:
    """The value as JSON holds it, which has no NaN and no infinity."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class CheckReport:
    """The findings on one data set, in the order in which they were made."""

    dataset: str
    task: str
    network: str
    """The network that was trained, in a few words."""
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed; warnings do not count."""
        return self.count("failure") == 0

    def count(self, status: Status) -> int:
        """How many findings have this status."""
        return Counter(finding.status for finding in self.findings)[status]

    def __getitem__(self, check: str) -> Finding:
        """The finding of a check, by its name."""
        return {finding.check: finding for finding in self.findings}[check]

    def to_dict(self) -> dict[str, Any]:
        """As ``optuna-dnc check --json`` prints it."""
        return {**asdict(self), "passed": self.passed}
