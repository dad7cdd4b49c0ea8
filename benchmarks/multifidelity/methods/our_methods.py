"""Our methods: our pruner, which stops, and exact brackets, which promote from checkpoints."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from benchmarks.multifidelity.methods.ledger import Ledger
from benchmarks.multifidelity.methods.optuna_methods import (
    MakeSampler,
    Method,
    dnc,
    optimise,
    random_sampler,
    tpe,
)
from benchmarks.multifidelity.suites.problem import Params, Problem, Visit
from optuna_dnc import BOHBSampler
from optuna_dnc.pruners import Budget, HyperbandPruner, hyperband_brackets, optimize_hyperband
from optuna_dnc.pruners.brackets import bracket_cost


def bohb(seed: int) -> BaseSampler:
    return BOHBSampler(seed=seed)


def hyperband(problem: Problem) -> BasePruner:
    return HyperbandPruner(
        max_resource=problem.max_resource,
        reduction_factor=problem.reduction_factor,
        min_resource=problem.min_resource,
    )


def promote(
    sampler: MakeSampler,
    asynchronous: bool,
    problem: Problem,
    ledger: Ledger,
    seed: int,
    *,
    schedule: str = "hyperband",
    n_iterations: int | None = None,
) -> None:
    """Run brackets until the budget is spent, or so many times; no resource is paid for twice."""
    study = optuna.create_study(sampler=sampler(seed), study_name=f"{problem.name}-{seed}")

    def objective(trial: optuna.Trial, budget: Budget) -> float:
        params = problem.suggest(trial)
        visit = ledger.visitor(params, start=budget.start)
        (budget.folder / "empty").touch()  # what was trained is remembered elsewhere
        return problem.run(params, visit, start=budget.start, stop=budget.stop)

    with tempfile.TemporaryDirectory() as folder:
        optimize_hyperband(
            study,
            objective,
            max_resource=problem.max_resource,
            reduction_factor=problem.reduction_factor,
            min_resource=problem.min_resource,
            checkpoints=folder,
            schedule=schedule,
            n_iterations=n_iterations or 1 + ledger.total // resource_of_all_brackets(problem),
            asynchronous=asynchronous,
        )


def promote_with_foresight(
    sampler: MakeSampler, problem: Problem, ledger: Ledger, seed: int
) -> None:
    """All brackets once, where every report is what the configuration is worth in the end.

    Nobody can do this. It bounds what better decisions at the rungs, and better predictions of
    learning curves, could ever reach.
    """

    def run(params: Params, visit: Visit, *, start: int = 0, stop: int) -> float:
        final = problem.run(params, lambda resource, loss: None, stop=problem.max_resource)
        visit(stop, final)
        return final

    promote(sampler, False, replace(problem, run=run), ledger, seed, n_iterations=1)


def promote_from_a_third(
    sampler: MakeSampler, problem: Problem, ledger: Ledger, seed: int
) -> None:
    """Nothing is stopped before a third of a full training: where the first epochs mislead."""
    least = problem.max_resource // problem.reduction_factor
    promote(sampler, False, replace(problem, min_resource=least), ledger, seed)


def resource_of_all_brackets(problem: Problem) -> int:
    """What one run of all brackets trains; a configuration that goes on pays the difference."""
    brackets = hyperband_brackets(
        problem.max_resource, problem.reduction_factor, problem.min_resource
    )
    return sum(map(bracket_cost, brackets))


METHODS: dict[str, Method] = {
    "tpe+our hyperband": partial(optimise, tpe, hyperband, 1),
    "dnc+our hyperband": partial(optimise, dnc, hyperband, 1),
    "bohb+our hyperband": partial(optimise, bohb, hyperband, 1),
    "random, promoted": partial(promote, random_sampler, False),
    "bohb, promoted": partial(promote, bohb, False),
    "dnc, promoted": partial(promote, dnc, False),
    "dnc, promoted async": partial(promote, dnc, True),
    "dnc, halving once": partial(promote, dnc, False, schedule="halving-once"),
    "dnc, halving once async": partial(promote, dnc, True, schedule="halving-once"),
    "dnc, promoted from a third": partial(promote_from_a_third, dnc),
}
BOUNDS: dict[str, Method] = {
    "dnc, promoted with foresight": partial(promote_with_foresight, dnc),
}
