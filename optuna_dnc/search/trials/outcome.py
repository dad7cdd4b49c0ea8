"""Outcome of a proposal: measured, rejected, or given up, and the record of its trial."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import optuna

from optuna_dnc._optuna_compat import set_constraints, set_user_attrs
from optuna_dnc.objectives import Measurement, cost_measure
from optuna_dnc.runs.limits import LIMITS
from optuna_dnc.runs.records import ORIGIN, Crash, Record, Rejection
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.trials.attempts import Attempts, Crashed


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


class Rejected(Exception):  # noqa: N818 - an outcome of the trial
    """A network exceeds a limit and is not trained."""


def is_rejected_now(
    context: SearchContext, trial: optuna.Trial, stage: str, proposal: Proposal
) -> bool:
    """Return whether a proposal exceeds a limit; if so, record it as rejected.

    The study is not told, but the trial's constraints are set, for samplers to learn from: those
    that are exceeded, and those that are timed also where they are kept.

    Raises:
        Crashed: The network crashed the process too often; it is recorded.
    """
    if not context.cost_limits.bounds:
        return False
    # To time a network is to run it, which may end the process.
    attempts = Attempts.of_trial(context.folder.workers, trial)
    with crashes_recorded(context, trial, stage, proposal), attempts.of(trial):
        costs = context.limited_costs(proposal.config)
    excesses = context.cost_limits.excesses(costs)
    set_constraints(
        trial,
        {
            LIMITS[name]: excess
            for name, excess in excesses.items()
            if excess > 0 or not cost_measure(name).repeats_exactly
        },
    )
    if context.cost_limits.excess(costs) <= 0:
        return False
    rejection = Rejection(
        stage=stage,
        trial_number=trial.number,
        config=dataclasses.asdict(proposal.config),
        description=str(proposal.config),
        costs=costs,
        excess=context.cost_limits.excess(costs),
    )
    set_user_attrs(trial, rejection.to_attributes())
    context.ledger.add_rejection(rejection)
    return True


@contextmanager
def crashes_recorded(
    context: SearchContext, trial: optuna.Trial, stage: str, proposal: Proposal
) -> Iterator[None]:
    """Record a trial as crashed if the block raises :class:`Crashed`, which passes.

    A network that was given up before is not tried again.
    """
    config: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(proposal.config)))
    try:
        if (meaning := context.peers.crash_of(context, config)) is not None:
            raise Crashed(meaning)
        yield
    except Crashed as crashed:
        crash = Crash(
            stage=stage,
            trial_number=trial.number,
            config=config,
            training=proposal.training.model_dump(),
            description=str(proposal.config),
            key=context.key(proposal),
            meaning=str(crashed),
        )
        set_user_attrs(trial, crash.to_attributes())
        context.ledger.add_crash(crash)
        warnings.warn(
            f"Trial {crash.label} is given up because its network ended the process twice "
            f"({crash.meaning}): {crash.description}.",
            stacklevel=3,
        )
        raise
