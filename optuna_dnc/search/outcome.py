"""Outcome of a proposal of a search."""

from __future__ import annotations

from dataclasses import dataclass, field

from optuna_dnc.objectives import Measurement
from optuna_dnc.runs.records import Record


@dataclass(frozen=True)
class Outcome:
    """Outcome of a proposal, trained or reused."""

    measured: Measurement
    pruned: bool
    """Whether it was not trained to the end."""
    curve: dict[int, float]
    """Loss by epoch, of epochs that were trained."""
    epochs: dict[str, list[float | None]] = field(default_factory=dict)
    """See :attr:`optuna_dnc.runs.Record.epochs`; empty if it was reused."""
    reused_from: str | None = None
    """Trial whose outcome was reused."""
    is_late: bool = False
    """Whether time was up before the end of its training."""

    @classmethod
    def of_shared(cls, record: Record) -> Outcome:
        """Return the outcome of another search's record, seen at this search's ``wc``."""
        return cls(
            measured=record.measured,
            pruned=record.pruned,
            curve=dict(record.curve),
            epochs=dict(record.epochs),
            reused_from=record.reused_from,
        )
