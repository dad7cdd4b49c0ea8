"""Recording of trials whose network is given up because it crashes the process."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from optuna_dnc._optuna_compat import set_user_attrs
from optuna_dnc.runs.records import Crash
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.trials.attempts import Crashed


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
