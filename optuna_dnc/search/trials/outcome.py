"""Outcome of a proposal of a search, and the record of its trial."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import optuna

from optuna_dnc._optuna_compat import set_user_attrs
from optuna_dnc.objectives import Measurement
from optuna_dnc.runs.records import ORIGIN, Record
from optuna_dnc.search.context import Proposal, SearchContext


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
    seconds: float = 0.0
    """Wall time in seconds of a training that was done before the trial began."""

    @classmethod
    def of_record(
        cls, record: Record, *, seconds: float = 0.0, reused_from: str | None = None
    ) -> Outcome:
        """Return the outcome of a training run that is known from a record, as if it ran now.

        Args:
            record: Its record, as seen at this search's ``wc``.
            seconds: See :attr:`seconds`.
            reused_from: See :attr:`reused_from`.
        """
        return cls(
            measured=record.measured,
            pruned=record.pruned,
            curve=dict(record.curve),
            epochs=dict(record.epochs),
            reused_from=reused_from,
            seconds=seconds,
        )


def record_of(
    context: SearchContext,
    trial: optuna.Trial,
    stage: str,
    proposal: Proposal,
    outcome: Outcome,
    loss: float,
    seconds: float,
) -> Record:
    """Create the record of a trial."""
    return Record(
        stage=stage,
        trial_number=trial.number,
        loss=loss,
        config=dataclasses.asdict(proposal.config),
        training=proposal.training.model_dump(),
        description=str(proposal.config),
        key=context.key(proposal),
        measured=outcome.measured,
        reused_from=outcome.reused_from,
        seconds=seconds,
        pruned=outcome.pruned,
        curve=outcome.curve,
        epochs=outcome.epochs,
        origin=trial.user_attrs.get(ORIGIN),
    )


def store_record(trial: optuna.Trial, record: Record) -> None:
    """Store a record in the attributes of its trial."""
    attributes = record.to_attributes()
    if trial.user_attrs.get("reused_from"):
        # The reused training may have ended earlier than this one.
        attributes["reused_from"] = record.reused_from
    set_user_attrs(trial, attributes)
