"""What tests of limits search."""

from __future__ import annotations

from typing import Any

import numpy as np
from optuna.samplers import RandomSampler

from optuna_dnc.space import Column
from tests.searches import SMALL

LINEAR = {"space": SMALL["space"] | {"n_layers": (0, 2)}}
"""Networks without hidden layers are searched as well."""

JOINT = {"strategy": "joint", "epochs": 3, "n_startup_trials": 3, "n_steps": 3}


class ByNumber(RandomSampler):
    """Draws by the number of the trial, so that a resumed trial gets the same values."""

    def sample_independent(self, study: Any, trial: Any, param_name: str, param: Any) -> Any:
        column = Column(param)
        rng = np.random.default_rng([trial.number, *param_name.encode()])
        return column.decode(float(column.sample(rng.random(1))[0]))
