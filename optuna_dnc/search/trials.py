"""Measure what a trial proposes, at once or from rung to rung, unless it is known."""

from __future__ import annotations

import dataclasses
import time
import warnings

import optuna
from optuna.trial import TrialState

from optuna_dnc._errors import DamagedCheckpoint
from optuna_dnc._optuna_compat import reported_steps, set_user_attrs, trial_id
from optuna_dnc.pruners import Budget
from optuna_dnc.search.attempts import Crashed
from optuna_dnc.search.records import Crash, Record
from optuna_dnc.search.runner import Outcome, Proposal, TrialRunner
from optuna_dnc.training import CheckpointError


def run_trial(
    runner: TrialRunner,
    study: optuna.Study,
    trial: optuna.Trial,
    stage: str,
    proposal: Proposal,
    *,
    may_stop: bool = False,
) -> Record | None:
    """Measure a proposal and tell the study.

    The weights of a new leader are on the disk before its trial is told, so that a search
    killed in between trains this trial again rather than losing its weights.

    Args:
        runner: Trains it.
        study: Of the trial.
        trial: With its suggestions made.
        stage: Name of the stage.
        proposal: What to train.
        may_stop: Whether the study's pruner may stop the training. Then what was stopped before
            is not trained again either.

    Returns:
        None where the network has ended the process too often; the study is told FAIL.
    """
    start = time.perf_counter()
    key = runner.key(proposal)
    known = runner.ledger.find(key)
    if known is None and may_stop:
        known = runner.ledger.find_stopped(key)
    elsewhere = None if known is not None else runner.pool.find(key, runner)
    if elsewhere is not None:
        outcome = Outcome.of_shared(elsewhere)
        _replay(trial, elsewhere, proposal.training.epochs)
    elif known is None:
        try:
            outcome = _trained(runner, trial, stage, proposal, may_stop=may_stop)
        except Crashed:
            study.tell(trial, state=TrialState.FAIL)
            return None
    else:
        outcome = Outcome(known.measured, known.pruned, {}, reused_from=known.place)
        if may_stop:
            _replay(trial, known, proposal.training.epochs)
    seconds = time.perf_counter() - start
    loss = runner.loss(outcome.measured)
    record = _write_down(runner, trial, stage, proposal, outcome, loss, seconds)
    if record.pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, record.loss)
    runner.ledger.add(record)
    runner.keep_leader()
    return record


def run_leg(
    runner: TrialRunner, trial: optuna.Trial, stage: str, proposal: Proposal, budget: Budget
) -> float:
    """Train a proposal on to ``budget.stop`` and return the loss there; the study is not told.

    What another trial has trained as far is taken over, with the loss that it had there.

    Raises:
        TrialPruned: An earlier trial of the stage has the same network: one takes one place.
        DamagedCheckpoint: The proposal must be trained from the start.
        Crashed: The network has ended the process too often.
    """
    start = time.perf_counter()
    place = f"{stage}/{trial.number}"
    key = runner.key(proposal)
    before = runner.ledger.of_trial(place)
    known = runner.ledger.find(key) or runner.ledger.find_stopped(
        key, epochs=budget.stop, besides=place
    )
    is_cut = budget.stop < proposal.training.epochs
    if known is not None:
        outcome = Outcome(known.measured, is_cut, {}, reused_from=known.place)
        loss = known.loss_at(budget.stop)
        _replay(trial, known, budget.stop)
    elif before is not None and before.measured.status == "out-of-memory":
        outcome, loss = Outcome(before.measured, is_cut, {}), before.loss
    else:
        try:
            outcome = _trained(runner, trial, stage, proposal, budget=budget)
        except CheckpointError as error:
            raise DamagedCheckpoint(str(error).partition(";")[0]) from error
        loss = runner.promise(outcome.measured, proposal.training)
    if not any(budget.folder.iterdir()):
        # An empty folder would count as a checkpoint that was lost.
        (budget.folder / "nothing-trained").touch()
    reports = trial.storage.get_trial(trial_id(trial)).intermediate_values
    outcome = dataclasses.replace(outcome, curve={**reports, budget.stop: loss})
    seconds = time.perf_counter() - start + (before.seconds if before is not None else 0.0)
    record = _write_down(runner, trial, stage, proposal, outcome, loss, seconds)
    # Where it is the last rung there are no places to take.
    is_copy = is_cut and known is not None and runner.ledger.is_copy(record)
    runner.ledger.add(dataclasses.replace(record, waits=is_cut and not is_copy))
    if is_copy:
        trial.report(loss, budget.stop)
        raise optuna.TrialPruned
    return loss


def _trained(
    runner: TrialRunner,
    trial: optuna.Trial,
    stage: str,
    proposal: Proposal,
    *,
    may_stop: bool = False,
    budget: Budget | None = None,
) -> Outcome:
    """:meth:`TrialRunner.train`, unless that has ended the process too often; writes that down."""
    key = runner.key(proposal)
    try:
        if (meaning := runner.crash_of(key)) is not None:
            raise Crashed(meaning)
        return runner.train(trial, proposal, may_stop=may_stop, budget=budget)
    except Crashed as crashed:
        crash = Crash(
            stage=stage,
            trial_number=trial.number,
            config=dataclasses.asdict(proposal.config),
            training=proposal.training.model_dump(),
            description=str(proposal.config),
            key=key,
            meaning=str(crashed),
        )
        set_user_attrs(trial, crash.to_attributes())
        runner.ledger.add_crash(crash)
        warnings.warn(
            f"Trial {crash.place} is given up, because its network has ended the process twice "
            f"({crash.meaning}): {crash.description}.",
            stacklevel=2,
        )
        raise


def _write_down(
    runner: TrialRunner,
    trial: optuna.Trial,
    stage: str,
    proposal: Proposal,
    outcome: Outcome,
    loss: float,
    seconds: float,
) -> Record:
    """Make the record of a trial, and the trial's attributes of it."""
    record = Record(
        stage=stage,
        trial_number=trial.number,
        loss=loss,
        config=dataclasses.asdict(proposal.config),
        training=proposal.training.model_dump(),
        description=str(proposal.config),
        key=runner.key(proposal),
        measured=outcome.measured,
        reused_from=outcome.reused_from,
        seconds=seconds,
        pruned=outcome.pruned,
        curve=outcome.curve,
        epochs=outcome.epochs,
    )
    attributes = record.to_attributes()
    if trial.user_attrs.get("reused_from"):
        # Perhaps what was taken over did not reach as far as this.
        attributes["reused_from"] = record.reused_from
    set_user_attrs(trial, attributes)
    return record


def _replay(trial: optuna.Trial, known: Record, until: int) -> None:
    """Report what another trial has reported, up to an epoch."""
    reported = reported_steps(trial)
    for epoch, loss in known.curve.items():
        if epoch <= until and epoch not in reported:
            trial.report(loss, epoch)
