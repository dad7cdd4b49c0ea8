"""scikit-learn's MLP of 1 to 8 layers on a part of the ``letter`` data: conditional widths.

The value is the validation error after eight epochs on 3,000 letters.
"""

from __future__ import annotations

import warnings
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from optuna.trial import BaseTrial
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.samplers.suites.problem import Params, Problem, remembered

N_TRAIN = 3_000
N_VALIDATION = 2_000
EPOCHS = 8


def problems(data: Path) -> list[Problem]:
    """One problem."""
    return [
        Problem(
            suite="letter_mlp",
            name="letter",
            suggest=_suggest,
            evaluate=remembered(partial(_evaluate, data / "letter.npz")),
        )
    ]


def _suggest(trial: BaseTrial) -> Params:
    n_layers = trial.suggest_int("n_layers", 1, 8)
    widths = {
        f"width_{i}": trial.suggest_int(f"width_{i}", 16, 256, log=True) for i in range(n_layers)
    }
    return {
        "n_layers": n_layers,
        **widths,
        "lr": trial.suggest_float("lr", 1e-4, 1e-1, log=True),
        "alpha": trial.suggest_float("alpha", 1e-7, 1e-1, log=True),
        "batch_size": trial.suggest_int("batch_size", 16, 256, log=True),
        "activation": trial.suggest_categorical("activation", ("relu", "tanh", "logistic")),
    }


def _evaluate(path: Path, params: Params) -> float:
    x, y, x_validation, y_validation = _letters(path)
    network = MLPClassifier(
        [params[f"width_{i}"] for i in range(params["n_layers"])],
        activation=params["activation"],
        learning_rate_init=params["lr"],
        alpha=params["alpha"],
        batch_size=params["batch_size"],
        max_iter=EPOCHS,
        random_state=0,
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        network.fit(x, y)
        return 1.0 - float(network.score(x_validation, y_validation))


@lru_cache(maxsize=1)
def _letters(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    with np.load(path) as arrays:
        x, y = arrays["xtr"], arrays["ytr"]
    order = np.random.default_rng(0).permutation(len(x))
    train, validation = order[:N_TRAIN], order[N_TRAIN : N_TRAIN + N_VALIDATION]
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    return x[train], y[train], x[validation], y[validation]
