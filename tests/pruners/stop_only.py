"""Studies with a pruner that only stops, and trials in them."""

from __future__ import annotations

import optuna
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)


def study_with(pruner, **options):
    return optuna.create_study(
        pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0), **options
    )


def add(study, *reports, state=TrialState.COMPLETE, first=1, **more):
    """Add a trial that reported these values at steps ``first``, ``first + 1``, ..."""
    values = dict(enumerate(reports, first))
    value = reports[-1] if state == TrialState.COMPLETE else None
    study.add_trial(create_trial(state=state, value=value, intermediate_values=values, **more))


def steps_until_pruned(study, value, steps):
    """Report ``value(step)`` at each step; return the step that was pruned, if any."""
    trial = study.ask()
    for step in steps:
        trial.report(value(step), step)
        if trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return step
    study.tell(trial, value(step))
    return None
