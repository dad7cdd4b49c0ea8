"""Report of the checks of a data set."""

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
    """Name of the check."""
    seen: str
    """The observation, in words."""
    status: Status = "ok"
    advice: str = ""
    """What to do; empty if there is no problem."""
    details: dict[str, Any] = field(default_factory=dict)
    """Numbers, as JSON values."""


def finite(value: float) -> float | None:
    """Return the value, None for NaN and infinity, which JSON lacks."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class CheckReport:
    """The findings on one data set, in the order of the checks."""

    dataset: str
    task: str
    network: str
    """Description of the trained network."""
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed; warnings do not count."""
        return self.count("failure") == 0

    def count(self, status: Status) -> int:
        """Return the number of findings with this status."""
        return Counter(finding.status for finding in self.findings)[status]

    def __getitem__(self, check: str) -> Finding:
        """Return the finding of a check by its name."""
        return {finding.check: finding for finding in self.findings}[check]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as ``optuna-dnc check --json`` prints it."""
        return {**asdict(self), "passed": self.passed}
