"""What Hyperband trains, in order, and how its trials end."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import RandomSampler

from benchmarks.unchanged_parts.search import reports_digest
from optuna_dnc import BOHBSampler, DNCSampler
from optuna_dnc.pruners import (
    BOHBPruner,
    Budget,
    HyperbandPruner,
    SuccessiveHalvingPruner,
    hyperband_brackets,
    optimize_hyperband,
)

SETTINGS: dict[str, dict[str, Any]] = {
    "hyperband": {"max_resource": 81},
    "hyperband twice": {"max_resource": 27, "n_iterations": 2},
    "hyperband, formula": {"max_resource": 81, "rule": "formula"},
    "hyperband by 4": {"max_resource": 64, "reduction_factor": 4, "min_resource": 2},
    "hyperband, asynchronous": {"max_resource": 81, "asynchronous": True},
    "hyperband, limited": {"max_resource": 27, "max_total_resource": 100},
    "halving once": {"max_resource": 81, "schedule": "halving-once"},
    "halving once twice": {"max_resource": 27, "schedule": "halving-once", "n_iterations": 2},
    "halving once, asynchronous": {
        "max_resource": 81,
        "schedule": "halving-once",
        "asynchronous": True,
    },
}
PRUNERS: dict[str, Callable[[], BasePruner]] = {
    "HyperbandPruner": partial(HyperbandPruner, max_resource=27),
    "BOHBPruner": partial(BOHBPruner, max_resource=27),
    "SuccessiveHalvingPruner": partial(SuccessiveHalvingPruner, max_resource=27),
}
N_PRUNED = 60


class FailedError(Exception):
    """What the objective raises now and then."""


def compute(data: Path) -> dict[str, Any]:
    """Return for each setting the rungs in the order of training and the states of the trials.

    The staged search's own Hyperband is in the part ``search``, with the states and reports of
    all its trials.
    """
    del data
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    found: dict[str, Any] = {
        f"brackets of {resource} by {factor}, {rule}": [
            [b.s, *b.rungs] for b in hyperband_brackets(resource, factor, rule=rule)
        ]
        for resource in (3, 9, 30, 81, 243)
        for factor in (2, 3, 4)
        for rule in ("paper-table", "formula")
    }
    for name, settings in SETTINGS.items():
        found[name] = _promoted(RandomSampler(seed=0), **settings)
    found["maximized"] = _promoted(RandomSampler(seed=0), direction="maximize", max_resource=27)
    found["with failures"] = _promoted(RandomSampler(seed=0), fails=True, max_resource=27)
    found["interrupted"] = _promoted(RandomSampler(seed=0), calls_of=7, max_resource=27)
    found["DNCSampler"] = _promoted(DNCSampler(seed=0), max_resource=27)
    found["BOHBSampler"] = _promoted(BOHBSampler(seed=0), max_resource=27)
    for name, make in PRUNERS.items():
        found[name] = _pruned(make())
    return found


def _promoted(
    sampler: optuna.samplers.BaseSampler,
    *,
    direction: str = "minimize",
    fails: bool = False,
    calls_of: int | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Optimize, in calls that end after so many finished trials, until nothing is left to do."""
    study = optuna.create_study(sampler=sampler, direction=direction)
    trained: list[tuple[int, int, int]] = []

    def objective(trial: optuna.Trial, budget: Budget) -> float:
        trained.append((budget.start, budget.stop, trial.number))
        (budget.folder / "empty").touch()  # or it would begin anew
        value = _loss(trial, budget.stop)
        if fails and trial.number % 5 == 3:
            if trial.number % 2:
                raise FailedError
            return math.nan
        return value

    def stop(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if calls_of is not None and trial.number % calls_of == 0:
            study.stop()

    with tempfile.TemporaryDirectory() as folder:
        n_before = -1
        while len(trained) > n_before:
            n_before = len(trained)
            optimize_hyperband(
                study,
                objective,
                checkpoints=folder,
                catch=FailedError,
                callbacks=[stop],
                **settings,
            )
    return {
        "trained": [
            [start, stop, [number for _, _, number in rungs]]
            for (start, stop), rungs in groupby(trained, key=lambda rung: rung[:2])
        ],
        "states": _states(study),
        "values": [trial.value for trial in study.trials],
    }


def _pruned(pruner: BasePruner) -> dict[str, Any]:
    study = optuna.create_study(sampler=RandomSampler(seed=0), pruner=pruner)

    def objective(trial: optuna.Trial) -> float:
        for epoch in range(1, 28):
            trial.report(_loss(trial, epoch), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return _loss(trial, epoch)

    study.optimize(objective, N_PRUNED)
    return {
        "states": _states(study),
        "reports": [[trial.last_step, reports_digest(trial)] for trial in study.trials],
    }


def _loss(trial: optuna.Trial, resource: int) -> float:
    """Learning curves that cross."""
    x = trial.suggest_float("x", -1, 1)
    rate = trial.suggest_float("rate", 0.1, 1)
    return x**2 + resource**-rate


def _states(study: optuna.Study) -> str:
    """One letter a trial: Complete, Pruned, Fail, Waiting."""
    return "".join(trial.state.name[0] for trial in study.trials)
