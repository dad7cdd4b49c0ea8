"""A Bayesian stage under Hyperband: networks go on from their checkpoints, rung by rung."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress

import optuna
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.pruners import Budget, DamagedCheckpoint, optimize_hyperband
from optuna_dnc.pruners.epoch_budget import HyperbandPlan
from optuna_dnc.runs.records import Record
from optuna_dnc.search.attempts import Crashed
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stage import Stage
from optuna_dnc.search.trials import run_leg

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class _Interruption(BaseException):
    """Takes an error past the worker, which would count the trial as failed and drop it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def hyperband_trials(
    context: SearchContext,
    study: optuna.Study,
    stage: Stage,
    propose: Callable[[optuna.Trial], Proposal],
    plan: HyperbandPlan,
) -> Iterator[Record]:
    """Run the brackets of a plan; yields each trial that has ended, also those of earlier runs.

    Checkpoints lie in the run's folder until the stage is over.
    """
    place = context.folder.trainings / stage.key.label

    def objective(trial: optuna.Trial, budget: Budget) -> float:
        try:
            begun = context.ledger.of_trial(f"{stage.name}/{trial.number}")
            context.check_time(budget.stop - budget.start, begun)
            return run_leg(context, trial, stage.name, propose(trial), budget)
        except (Crashed, DamagedCheckpoint, optuna.TrialPruned):
            raise
        except Exception as error:
            raise _Interruption(error) from error

    def until_a_trial_ends() -> list[FrozenTrial]:
        context.folder.check_there()
        ended: list[FrozenTrial] = []

        def stop(study: optuna.Study, trial: FrozenTrial) -> None:
            ended.append(trial)
            study.stop()

        try:
            optimize_hyperband(
                study,
                objective,
                max_resource=context.settings.epochs,
                min_resource=plan.min_resource,
                n_iterations=plan.n_iterations,
                max_total_resource=plan.epochs,
                checkpoints=place,
                catch=Crashed,
                callbacks=[stop],
            )
        except _Interruption as interruption:
            error = interruption.error
        else:
            return ended
        # Out here, or each of the two would be the other's cause.
        raise error

    yield from map(Record.from_trial, study.get_trials(deepcopy=False, states=_ENDED))
    while ended := until_a_trial_ends():
        for record in (Record.from_trial(trial) for trial in ended if trial.state in _ENDED):
            context.ledger.add(record)
            context.keep_leader()
            yield record
    shutil.rmtree(place, ignore_errors=True)
    with suppress(OSError):
        context.folder.trainings.rmdir()
