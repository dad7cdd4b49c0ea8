"""Life cycle of a run: its state, the trials that it has left, and how long they take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from optuna_dnc.runs.ledger import Ledger

State = Literal[
    "new",
    "running",
    "pausing",
    "paused",
    "stopped",
    "finishing",
    "complete",
    "chosen",
    "failed",
]
"""State of a run, see docs/life-cycle.md."""

Wanted = Literal["run", "pause"]
"""What the user wants of the processes of a run."""

LIVE: tuple[State, ...] = ("running", "pausing", "finishing")
"""States in which a process works on the run."""

ENDED: tuple[State, ...] = ("complete", "chosen")
"""States of a run that has all its trials and a result."""


def state_of_run(
    *,
    is_live: bool,
    wanted: Wanted,
    ledger: Ledger,
    outlook: Outlook | None,
    summary: Mapping[str, Any] | None,
) -> State:
    """Return the state of a run.

    Args:
        is_live: Whether a live process works on it.
        wanted: What the user wants of it.
        ledger: Records of its trials.
        outlook: What is expected of it; None before its first stage.
        summary: Content of result.json; None before the first end of the search.
    """
    result = summary or {}
    is_complete = bool(result.get("complete"))
    if is_live:
        if wanted == "pause":
            return "pausing"
        # A complete search that is worked on is judged, extended, or another network is chosen.
        return "finishing" if not is_complete and _has_all(ledger, outlook) else "running"
    if result.get("chosen"):
        return "chosen"
    if is_complete:
        return "complete"
    if wanted == "pause":
        return "paused"
    if outlook is None and not ledger.records:
        return "new"
    return "failed" if _is_in_vain(ledger, outlook) else "stopped"


def _has_all(ledger: Ledger, outlook: Outlook | None) -> bool:
    """Whether all stages have their trials; unknown, so False, if a time limit bounds one."""
    return (
        outlook is not None
        and not any(record.waits for record in ledger.records)
        and all(
            stage.n_trials is not None and len(ledger.of_stages(name)) >= stage.n_trials
            for name, stage in outlook.stages.items()
        )
    )


def _is_in_vain(ledger: Ledger, outlook: Outlook | None) -> bool:
    """Whether the first stage has had its trials, and none gave a usable network."""
    if outlook is None or any(record.measured.is_usable for record in ledger.records):
        return False
    name, first = next(iter(outlook.stages.items()))
    n_ended = len(ledger.of_stages(name)) + ledger.n_crashed(name) + ledger.n_rejected(name)
    return first.n_trials is not None and n_ended >= first.n_trials


_SECONDS, _SHARE = 1.0, 0.1
"""Seconds, and share of them, by which an estimate must change to be stored again."""


@dataclass(frozen=True)
class StageOutlook:
    """What is expected of a stage."""

    n_trials: int | None
    """Number of its trials; None if only the time limit bounds it."""
    n_epochs: int | None = None
    """Epochs of all its trainings, if they are fixed and those of one trial are not: Hyperband."""

    def seconds_left(self, ledger: Ledger, name: str) -> float | None:
        """Estimate the seconds of the trials that are left; None if they cannot be known.

        They are expected to be like the latest and the best trials of the search. Those of the
        stage alone tell less: its first trials differ from its last ones.

        Args:
            ledger: Records of the search.
            name: Name of the stage.
        """
        if self.n_epochs is not None:
            left, each = self.n_epochs - ledger.trained_epochs(name), ledger.mean_epoch
        elif self.n_trials is not None:
            left, each = self.n_trials - len(ledger.of_stages(name)), ledger.expected_trial
        else:
            return None
        return None if each is None else max(left, 0) * each


@dataclass(frozen=True)
class Outlook:
    """What is expected of a search."""

    stages: Mapping[str, StageOutlook]
    """By name, in the order in which they run."""
    ends_at: float | None = None
    """End of the time limit in seconds since the epoch; None for no limit."""
    to_result: float = 0.0
    """Estimated seconds from the last stage to the result."""
    stages_end_at: float | None = None
    """When the last stage has ended, or a step after it, in seconds since the epoch; None while
    the stages run."""

    def of_stages(self, ledger: Ledger) -> float | None:
        """Estimate the seconds until all stages have ended; None before the first trial."""
        seconds = [stage.seconds_left(ledger, name) for name, stage in self.stages.items()]
        known = [each for each in seconds if each is not None]
        return sum(known) if len(known) == len(seconds) else None

    def trials_left(self, ledger: Ledger) -> int | None:
        """Return how many trials are left; None if their number is unknown."""
        known = [
            max(stage.n_trials - len(ledger.of_stages(name)), 0)
            for name, stage in self.stages.items()
            if stage.n_trials is not None
        ]
        return sum(known) if len(known) == len(self.stages) else None

    def seconds_left(self, ledger: Ledger) -> float | None:
        """Estimate the seconds until the search has ended; None before the first trial."""
        limit = None if self.ends_at is None else max(self.ends_at - time.time(), 0.0)
        of_stages = self.of_stages(ledger)
        if of_stages is None:
            return limit
        seconds = of_stages + self._to_result_now()
        return seconds if limit is None else min(seconds, limit)

    def _to_result_now(self) -> float:
        if self.stages_end_at is None:
            return self.to_result
        gone = max(time.time() - self.stages_end_at, 0.0)  # clocks of machines may differ
        return max(self.to_result - gone, 0.0)

    def is_like(self, other: Outlook) -> bool:
        """Return whether another one says the same, and need not be stored."""
        difference = abs(self.to_result - other.to_result)
        is_close = difference <= max(_SECONDS, _SHARE * other.to_result)
        same = self.stages == other.stages and self.stages_end_at == other.stages_end_at
        return same and is_close

    def after_stages(self, to_result: float) -> Outlook:
        """Return the one when all stages have ended."""
        return replace(self, to_result=to_result, stages_end_at=time.time())

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outlook:
        """Create it from what :meth:`to_dict` returned; older versions stored fewer fields."""
        stages = {name: StageOutlook(**stage) for name, stage in values["stages"].items()}
        return cls(**{**values, "stages": stages})
