"""Outlook of a search: the trials that its stages have left, and how long they will take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optuna_dnc.runs.ledger import Ledger


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

    def seconds_left(self, ledger: Ledger) -> float | None:
        """Estimate the seconds until all stages have ended; None before the first trial."""
        stages = [stage.seconds_left(ledger, name) for name, stage in self.stages.items()]
        known = [seconds for seconds in stages if seconds is not None]
        limit = None if self.ends_at is None else max(self.ends_at - time.time(), 0.0)
        if len(known) < len(stages):
            return limit
        return sum(known) if limit is None else min(sum(known), limit)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outlook:
        """Create it from what :meth:`to_dict` returned."""
        stages = {name: StageOutlook(**stage) for name, stage in values["stages"].items()}
        return cls(stages, values["ends_at"])
