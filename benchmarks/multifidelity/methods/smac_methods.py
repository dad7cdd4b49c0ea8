"""SMAC3's multi-fidelity facades: exact brackets; what is promoted is evaluated from the start.

Their defaults, but for the initial design: 10 random configurations, as in the benchmark of
samplers. By default it is a quarter of all, of a number that nobody knows beforehand here.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import smac
from optuna.distributions import BaseDistribution, CategoricalDistribution
from smac.runhistory import TrialValue

from benchmarks.multifidelity.methods.ledger import Ledger
from benchmarks.multifidelity.suites.problem import Problem
from benchmarks.samplers.smac_peer import N_INITIAL, config_space
from optuna_dnc.space import CallbackTrial, trace_space

_NO_LIMIT = 1_000_000


def optimise(name: str, problem: Problem, ledger: Ledger, seed: int) -> None:
    """Ask and tell until the budget is spent."""
    facade = getattr(smac, name)
    logging.getLogger("smac").setLevel(logging.ERROR)
    space = trace_space(problem.suggest)
    columns = dict(zip(space.names, space.columns, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        scenario = smac.Scenario(
            config_space(space),
            output_directory=Path(folder),
            deterministic=True,
            n_trials=_NO_LIMIT,
            min_budget=problem.min_resource,
            max_budget=problem.max_resource,
            seed=seed,
        )
        model = facade.get_model(scenario)
        if hasattr(model, "_rf_opts"):
            model._rf_opts["n_jobs"] = 1  # on one thread as all others; nothing else sets it
        intensifier = facade.get_intensifier(scenario, eta=problem.reduction_factor)
        # Its Hyperband draws all configurations at random and has no initial design to set.
        size = {} if name == "HyperbandFacade" else {"n_configs": N_INITIAL}
        chosen = facade(
            scenario,
            _never_called,
            model=model,
            initial_design=facade.get_initial_design(scenario, **size),
            intensifier=intensifier,
            logging_level=False,
        )
        while True:
            asked = chosen.ask()
            values = {
                name: _value(columns[name].distribution, np.asarray(value).item())
                for name, value in dict(asked.config).items()
            }
            params = problem.suggest(CallbackTrial(lambda name, _, v=values: v[name]))
            stop = round(asked.budget)
            loss = problem.run(params, ledger.visitor(params), stop=stop)
            chosen.tell(asked, TrialValue(cost=loss), save=False)


def _value(distribution: BaseDistribution, value: Any) -> Any:
    """SMAC's value as Optuna has it; a category is the index of its choice."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[value]
    return value


def _never_called(config: Any, seed: int, budget: float) -> float:
    raise AssertionError("SMAC is asked and told")
