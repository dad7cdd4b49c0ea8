"""Training runs of a search: reported to their trials, and recorded by rung with Hyperband."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import optuna
from optuna.exceptions import OptunaError

from optuna_dnc._errors import DamagedCheckpoint, InputError
from optuna_dnc._optuna_compat import reported_steps, trial_id
from optuna_dnc.objectives import is_out_of_memory, unusable
from optuna_dnc.pruners import Budget
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.storage import is_storage_failure
from optuna_dnc.runs.workers import Workers
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.pausing import Paused
from optuna_dnc.search.trials.attempts import Attempts, Crashed, note_error
from optuna_dnc.search.trials.outcome import (
    Outcome,
    Rejected,
    crashes_recorded,
    is_rejected_now,
    record_of,
    store_record,
)
from optuna_dnc.search.trials.trainer import fit_proposal, keep_weights
from optuna_dnc.training import CheckpointError, FitResult

MOST_REPORTS = 20
"""Reports of a training that no pruner may stop, besides that of its last epoch."""


class _Stopped(Exception):  # noqa: N818 - no error: a decision of the pruner
    """The pruner ends the training after this epoch."""


def run_leg(
    context: SearchContext, trial: optuna.Trial, stage: str, proposal: Proposal, budget: Budget
) -> float:
    """Train a proposal up to ``budget.stop`` and return its loss, without telling the study.

    If another trial has trained the configuration as far, its loss is reused.

    Raises:
        TrialPruned: An earlier trial of the stage has the same configuration.
        Rejected: The network exceeds a limit.
        DamagedCheckpoint: The proposal must be trained from the start.
        Crashed: The network crashed the process too often.
        TimeIsUp: Time was up during the training.
    """
    start = time.perf_counter()
    label = f"{stage}/{trial.number}"
    key = context.key(proposal)
    before = context.ledger.of_trial(label)
    if before is None and is_rejected_now(context, trial, stage, proposal):
        raise Rejected
    known = context.ledger.find(key) or context.ledger.find_stopped(
        key, epochs=budget.stop, besides=label
    )
    is_cut = budget.stop < proposal.training.epochs
    if known is not None:
        outcome = Outcome(known.measured, is_cut, {}, reused_from=known.label)
        loss = known.loss_at(budget.stop)
        replay(trial, known, budget.stop)
    elif before is not None and before.measured.status == "out-of-memory":
        outcome, loss = Outcome(before.measured, is_cut, {}), before.loss
    else:
        try:
            outcome = trained(context, trial, stage, proposal, budget=budget)
        except CheckpointError as error:
            raise DamagedCheckpoint(str(error).partition(";")[0]) from error
        loss = context.objective.projected_loss(outcome.measured, proposal.training)
    if not any(budget.folder.iterdir()):
        # An empty folder would count as a lost checkpoint.
        (budget.folder / "nothing-trained").touch()
    reports = trial.storage.get_trial(trial_id(trial)).intermediate_values
    outcome = dataclasses.replace(outcome, curve={**reports, budget.stop: loss})
    seconds = time.perf_counter() - start + (before.seconds if before is not None else 0.0)
    record = record_of(context, trial, stage, proposal, outcome, loss, seconds)
    if outcome.is_late:
        context.ledger.add(record)
        raise TimeIsUp
    store_record(trial, record)
    # On the last rung no copy takes the place of another network.
    is_copy = is_cut and known is not None and context.ledger.is_copy(record)
    context.ledger.add(dataclasses.replace(record, waits=is_cut and not is_copy))
    if is_copy:
        trial.report(loss, budget.stop)
        raise optuna.TrialPruned
    return loss


def trained(
    context: SearchContext,
    trial: optuna.Trial,
    stage: str,
    proposal: Proposal,
    *,
    may_stop: bool = False,
    budget: Budget | None = None,
) -> Outcome:
    """Train a proposal; record it as crashed if it crashed the process too often."""
    with crashes_recorded(context, trial, stage, proposal):
        try:
            return _train(context, trial, proposal, may_stop=may_stop, budget=budget)
        except Exception as error:
            if _is_of_network(error) and Workers(context.folder.workers).are_several:
                note_error(trial, error)
            raise


def _is_of_network(error: Exception) -> bool:
    """Return whether the code of a network or of its training has raised an error."""
    others = InputError, OSError, MemoryError, Paused, TimeIsUp, OptunaError, Crashed
    return not (isinstance(error, others) or is_storage_failure(error))


def _train(
    context: SearchContext,
    trial: optuna.Trial,
    proposal: Proposal,
    *,
    may_stop: bool,
    budget: Budget | None,
) -> Outcome:
    """Train a network and report its epochs to its trial; save the weights if it leads.

    Where no pruner asks, at most :data:`MOST_REPORTS` epochs are reported, and the last: a report
    to a database takes as long as an epoch of a small network.

    Raises:
        CheckpointError: The checkpoint cannot be resumed.
        Crashed: The trial crashed the process before, see :class:`Attempts`.
    """
    key, costs = context.key(proposal), context.cost_meter(proposal.config)
    task, last = context.data.task, proposal.training.epochs
    stop = last if budget is None else budget.stop
    is_cut = stop < last
    # An interrupted trial has reported some epochs already.
    reported = reported_steps(trial)
    curve: dict[int, float] = {}
    so_far = FitResult(task)
    stride = -(-last // MOST_REPORTS)

    def note(result: FitResult) -> None:
        epoch = result.epochs[-1]
        measured = result.measurement(costs(result))
        curve[epoch.number] = context.objective.projected_loss(measured, proposal.training)
        if epoch.number not in reported and epoch.share == 1:
            trial.report(curve[epoch.number], epoch.number)

    def report(result: FitResult) -> None:
        nonlocal so_far
        so_far = result
        context.pause.check_again()
        epoch = result.epochs[-1].number
        if may_stop or budget is not None or epoch % stride == 0:
            note(result)
        # The pruner judges the last report only: it has passed the trial at earlier ones.
        is_new = epoch >= max(reported, default=0)
        if may_stop and is_new and epoch < last and trial.should_prune():
            raise _Stopped

    try:
        with Attempts.of_trial(context.folder.workers, trial).of(trial) as on_batch:
            result = fit_proposal(
                context, proposal, key, report, on_batch, budget, _lateness(context)
            )
    except _Stopped:
        return Outcome(so_far.measurement(costs(so_far)), True, curve, so_far.by_epoch())
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        measured = unusable(task, costs(FitResult(task)), "out-of-memory", context.data.metric)
        return Outcome(measured, is_cut, curve)
    if len(result.epochs) not in curve:
        note(result)
    measured = result.measurement(costs(result))
    # Averaged weights are those of a whole training after any epoch.
    is_cut = is_cut or (result.is_cut and not proposal.training.averaging)
    # Without any network that was trained to the end, one that ran out of time is the answer.
    may_lead = not is_cut or (result.is_cut and context.ledger.best is None)
    if may_lead and measured.is_usable and context.peers.keeps(context, key, measured):
        keep_weights(context, key, proposal.config, result)
    return Outcome(measured, is_cut, curve, result.by_epoch(), is_late=result.is_cut)


def _lateness(context: SearchContext) -> Callable[[], bool]:
    """Return the function that tells whether a training that begins now must end."""
    limit, left_before = context.limit, context.limit.left
    least = limit.grace if context.ledger.best is None else 0.0
    return lambda: limit.is_over() and left_before - limit.left >= least


def replay(trial: optuna.Trial, known: Record, until: int) -> None:
    """Report the losses of another trial up to an epoch."""
    reported = reported_steps(trial)
    for epoch, loss in known.curve.items():
        if epoch <= until and epoch not in reported:
            trial.report(loss, epoch)
