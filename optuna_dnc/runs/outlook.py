"""Outlook of a search: the trials that its stages have left, and how long they will take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from optuna_dnc.runs.ledger import Ledger

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
