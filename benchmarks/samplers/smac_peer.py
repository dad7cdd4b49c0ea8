"""SMAC3 as an Optuna sampler.

SMAC needs the whole space beforehand; it is traced from the problem's ``suggest``, with its
conditions. SMAC's facade for hyperparameter optimisation (a random forest) with its defaults,
but for the initial design: 10 configurations, as Optuna's samplers start with, instead of a
quarter of the budget.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import smac
from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    InCondition,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import BaseTrial, FrozenTrial, TrialState
from smac.runhistory import TrialValue

from optuna_dnc.space import SearchSpace, trace_space

N_INITIAL = 10
_NO_LIMIT = 1_000_000


class SMACSampler(BaseSampler):
    """Asks SMAC before each trial and tells it the value after it."""

    def __init__(self, suggest: Callable[[BaseTrial], Any], *, seed: int) -> None:
        logging.getLogger("smac").setLevel(logging.ERROR)
        self._folder = tempfile.TemporaryDirectory()
        scenario = smac.Scenario(
            config_space(trace_space(suggest)),
            output_directory=Path(self._folder.name),
            deterministic=True,
            n_trials=_NO_LIMIT,
            seed=seed,
        )
        facade = smac.HyperparameterOptimizationFacade
        model = facade.get_model(scenario)
        model._rf_opts["n_jobs"] = 1  # on one thread as all others; nothing else sets it
        self._smac = facade(
            scenario,
            model=model,
            initial_design=facade.get_initial_design(scenario, n_configs=N_INITIAL),
            logging_level=False,
        )
        self._asked: Any = None
        self._values: Mapping[str, Any] = {}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Ask SMAC for a configuration."""
        self._asked = self._smac.ask()
        self._values = dict(self._asked.config)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return nothing: every parameter is answered on its own."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return SMAC's value."""
        value = np.asarray(self._values[param_name]).item()
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[value]
        return value

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Tell SMAC the value."""
        if values is not None:
            self._smac.tell(self._asked, TrialValue(cost=values[0]), save=False)


def config_space(space: SearchSpace) -> ConfigurationSpace:
    """The same space for SMAC; categories are the indices of the choices."""
    made = ConfigurationSpace()
    columns = dict(zip(space.names, space.columns, strict=True))
    for name, column in columns.items():
        if column.is_categorical:
            made.add(CategoricalHyperparameter(name, range(int(column.n_levels))))
        elif column.is_integer:
            bounds = (int(column.low), int(column.high))
            made.add(UniformIntegerHyperparameter(name, *bounds, log=column.is_log))
        else:
            bounds = (column.low, column.high)
            made.add(UniformFloatHyperparameter(name, *bounds, log=column.is_log))
    for child, condition in space.conditions.items():
        parent = columns[condition.parent]
        positions = parent.levels()
        fitting = parent.raw(positions[condition.holds(parent, positions)])
        values = [int(value) for value in fitting]
        made.add(InCondition(made[child], made[condition.parent], values))
    return made
