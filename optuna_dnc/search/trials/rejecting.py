"""Rejection of proposals beyond a limit, before they are trained."""

from __future__ import annotations

import dataclasses

import optuna

from optuna_dnc._optuna_compat import set_constraints, set_user_attrs
from optuna_dnc.objectives import cost_measure
from optuna_dnc.runs.limits import LIMITS
from optuna_dnc.runs.rejections import Rejection
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.trials.attempts import Attempts
from optuna_dnc.search.trials.crashing import crashes_recorded


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
