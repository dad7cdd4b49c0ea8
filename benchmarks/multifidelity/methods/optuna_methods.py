"""Methods that are an Optuna sampler with an Optuna pruner: what is stopped stays stopped."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from benchmarks.multifidelity.methods.ledger import Ledger
from benchmarks.multifidelity.suites.problem import Problem
from optuna_dnc import DNCSampler

Method = Callable[[Problem, Ledger, int], None]
MakeSampler = Callable[[int], BaseSampler]
MakePruner = Callable[[Problem], BasePruner]


def optimise(
    sampler: MakeSampler, pruner: MakePruner, first_step: int, problem: Problem, ledger: Ledger,
    seed: int,
) -> None:  # fmt: skip
    """Ask and tell until the budget is spent.

    Args:
        sampler: Makes the sampler from a seed.
        pruner: Makes the pruner.
        first_step: Step under which a resource of 1 is reported: 0 or 1.
        problem: What to minimise.
        ledger: Who pays; raises when there is nothing left.
        seed: Of the sampler, and in the study's name, which Optuna's brackets depend on.
    """
    study = optuna.create_study(
        sampler=sampler(seed), pruner=pruner(problem), study_name=f"{problem.name}-{seed}"
    )
    while True:
        trial = study.ask()
        params = problem.suggest(trial)

        def report(resource: int, loss: float, trial: optuna.Trial = trial) -> None:
            trial.report(loss, resource - 1 + first_step)
            if trial.should_prune():
                raise optuna.TrialPruned

        visit = ledger.visitor(params, report)
        try:
            study.tell(trial, problem.run(params, visit, stop=problem.max_resource))
        except optuna.TrialPruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)


def optuna_hyperband(problem: Problem) -> BasePruner:
    """Optuna's, with the same ends and factor as ours."""
    return HyperbandPruner(
        min_resource=problem.min_resource,
        max_resource=problem.max_resource,
        reduction_factor=problem.reduction_factor,
    )


def random_sampler(seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


def tpe(seed: int) -> BaseSampler:
    return TPESampler(seed=seed)


def dnc(seed: int) -> BaseSampler:
    return DNCSampler(seed=seed)


def no_pruner(problem: Problem) -> BasePruner:
    return NopPruner()


def median(problem: Problem) -> BasePruner:
    return MedianPruner()


METHODS: dict[str, Method] = {
    "random": partial(optimise, random_sampler, no_pruner, 1),
    "tpe": partial(optimise, tpe, no_pruner, 1),
    "dnc": partial(optimise, dnc, no_pruner, 1),
    "tpe+median": partial(optimise, tpe, median, 1),
    "tpe+hyperband, steps from 0": partial(optimise, tpe, optuna_hyperband, 0),
    "tpe+hyperband, steps from 1": partial(optimise, tpe, optuna_hyperband, 1),
}
