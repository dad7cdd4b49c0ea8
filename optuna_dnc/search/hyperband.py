"""Hyperband in a Bayesian stage: networks resume from their checkpoints, rung by rung."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import optuna
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._errors import DamagedCheckpoint
from optuna_dnc.pruners import hyperband_jobs
from optuna_dnc.pruners.epoch_budget import HyperbandPlan
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.rejections import is_rejected, n_rejected_last
from optuna_dnc.search.attempts import Crashed
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.rejecting import Rejected
from optuna_dnc.search.stage import MOST_REJECTED, Stage
from optuna_dnc.search.trials import run_leg

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def hyperband_trials(
    context: SearchContext,
    study: optuna.Study,
    stage: Stage,
    propose: Callable[[optuna.Trial], Proposal],
    plan: HyperbandPlan,
) -> Iterator[Record]:
    """Run the brackets of a plan; yield each trial that has ended, also those of earlier runs.

    Checkpoints are in the run's folder until the stage is over. A trial whose training raises an
    error waits for the next run, unless the network is the cause.
    """
    checkpoints = context.folder.trainings / stage.key.label
    ended: deque[FrozenTrial] = deque()

    def records() -> Iterator[Record]:
        while ended:
            trial = ended.popleft()
            if trial.state in _ENDED and not is_rejected(trial):
                record = Record.from_trial(trial)
                context.ledger.add(record)
                context.keep_leader()
                yield record

    for trial in study.get_trials(deepcopy=False, states=_ENDED):
        if not is_rejected(trial):
            yield Record.from_trial(trial)
    context.folder.check_there()
    jobs = hyperband_jobs(
        study,
        max_resource=context.settings.epochs,
        min_resource=plan.min_resource,
        n_iterations=plan.n_iterations,
        max_total_resource=plan.epochs,
        checkpoints=checkpoints,
        callbacks=[lambda study, trial: ended.append(trial)],
    )
    with closing(jobs):
        for job in jobs:
            yield from records()
            trained = context.ledger.of_trial(f"{stage.name}/{job.trial.number}")
            context.check_time(job.budget.stop - job.budget.start, trained)
            try:
                loss = run_leg(context, job.trial, stage.name, propose(job.trial), job.budget)
            except Rejected:
                # Its place goes to another network, unless there are too many.
                end = job.discard if n_rejected_last(study) < MOST_REJECTED else job.prune
                end()
            except (Crashed, DamagedCheckpoint, optuna.TrialPruned) as error:
                job.fail(error)
            else:
                job.finish(loss)
            context.folder.check_there()
    yield from records()
    shutil.rmtree(checkpoints, ignore_errors=True)
    with suppress(OSError):
        context.folder.trainings.rmdir()
