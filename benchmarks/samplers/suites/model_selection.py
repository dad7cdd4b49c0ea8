"""Which model, and with which hyperparameters? scikit-learn's models on its own data sets.

Each model brings its own parameters. The value is the error of 3-fold cross-validation: the
share of wrong labels on ``breast_cancer`` and ``digits`` (600 images), ``1 - R**2`` on
``diabetes``, a regression.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from optuna.trial import BaseTrial
from sklearn import datasets
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from benchmarks.samplers.suites.cross_validation import ModelParams, at_most, error, own_params
from benchmarks.samplers.suites.problem import Params, Problem, remembered

MODELS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "svm": (SVC, SVR),
    "forest": (
        partial(RandomForestClassifier, random_state=0),
        partial(RandomForestRegressor, random_state=0),
    ),
    "neighbours": (KNeighborsClassifier, KNeighborsRegressor),
    "boosting": (
        partial(GradientBoostingClassifier, max_features="sqrt", random_state=0),
        partial(GradientBoostingRegressor, max_features="sqrt", random_state=0),
    ),
    "linear": (partial(LogisticRegression, max_iter=200), ElasticNet),
}


def problems(data: Path) -> list[Problem]:
    """One problem a data set."""
    del data
    return [
        Problem(
            suite="model_selection",
            name=name,
            suggest=partial(_suggest, regression=name == "diabetes"),
            evaluate=remembered(partial(_evaluate, name)),
        )
        for name in ("breast_cancer", "digits", "diabetes")
    ]


def _suggest(trial: BaseTrial, *, regression: bool) -> Params:
    model = trial.suggest_categorical("model", tuple(MODELS))
    params = ModelParams(trial, model)
    number, choice = params.number, params.choice

    if model == "svm":
        number("C", 1e-2, 1e3, log=True)
        if choice("kernel", ("rbf", "poly", "linear")) != "linear":
            number("gamma", 1e-4, 1e1, log=True)
    elif model == "forest":
        number("n_estimators", 5, 40, log=True)
        number("max_depth", 1, 12)
        number("max_features", 0.05, 1.0)
        number("min_samples_leaf", 1, 20, log=True)
    elif model == "neighbours":
        number("n_neighbors", 1, 50, log=True)
        choice("weights", ("uniform", "distance"))
        number("p", 1, 3)
    elif model == "boosting":
        number("n_estimators", 5, 25, log=True)
        number("learning_rate", 1e-2, 1.0, log=True)
        number("max_depth", 1, 4)
        number("subsample", 0.3, 1.0)
    elif regression:
        number("alpha", 1e-4, 1e1, log=True)
        number("l1_ratio", 0.0, 1.0)
    else:
        number("C", 1e-4, 1e3, log=True)
    return params.asked


def _evaluate(name: str, params: Params) -> float:
    regression = name == "diabetes"
    own = own_params(params)
    if params["model"] == "svm":
        own["max_iter"] = 5_000  # a polynomial kernel may take forever
    return error(MODELS[params["model"]][regression](**own), *_data(name), regression=regression)


@lru_cache(maxsize=3)
def _data(name: str) -> tuple[np.ndarray, np.ndarray]:
    return at_most(getattr(datasets, f"load_{name}")(return_X_y=True), 600)
