"""Model selection once more, with other models on other data, all small.

Three data sets can be luck: here are five more, two of scikit-learn's own and three that it
generates. The value is the share of wrong labels in 3-fold cross-validation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from optuna.trial import BaseTrial
from sklearn import datasets
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.samplers.suites.cross_validation import ModelParams, at_most, error, own_params
from benchmarks.samplers.suites.problem import Params, Problem, remembered

MODELS: dict[str, Callable[..., Any]] = {
    "svm": partial(SVC, max_iter=4_000),  # a polynomial kernel may take forever
    "neighbours": KNeighborsClassifier,
    "tree": partial(DecisionTreeClassifier, random_state=0),
    "trees": partial(ExtraTreesClassifier, n_estimators=12, random_state=0),
    "ridge": RidgeClassifier,
    "bayes": GaussianNB,
}
SETS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "wine": partial(datasets.load_wine, return_X_y=True),
    "digits": partial(datasets.load_digits, return_X_y=True),
    "moons": partial(datasets.make_moons, 250, noise=0.3, random_state=1),
    "circles": partial(datasets.make_circles, 250, noise=0.18, factor=0.6, random_state=2),
    "clusters": partial(
        datasets.make_classification,
        n_samples=250,
        n_features=12,
        n_informative=5,
        n_redundant=3,
        n_classes=3,
        flip_y=0.05,
        random_state=4,
    ),
}
MOST_SAMPLES = 300


def problems(data: Path) -> list[Problem]:
    """One problem a data set."""
    del data
    return [
        Problem(
            suite="small_models",
            name=name,
            suggest=_suggest,
            evaluate=remembered(partial(_evaluate, name)),
        )
        for name in SETS
    ]


def _suggest(trial: BaseTrial) -> Params:
    model = trial.suggest_categorical("model", tuple(MODELS))
    params = ModelParams(trial, model)
    number, choice = params.number, params.choice

    if model == "svm":
        number("C", 1e-3, 1e4, log=True)
        kernel = choice("kernel", ("linear", "rbf", "sigmoid", "poly"))
        if kernel != "linear":
            number("gamma", 1e-5, 1e2, log=True)
        if kernel == "poly":
            number("degree", 2, 5)
    elif model == "neighbours":
        number("n_neighbors", 1, 40, log=True)
        choice("weights", ("uniform", "distance"))
        number("p", 1, 4)
    elif model == "tree":
        number("max_depth", 1, 20)
        number("min_samples_leaf", 1, 30, log=True)
        choice("criterion", ("gini", "entropy"))
    elif model == "trees":
        number("max_depth", 1, 15)
        number("max_features", 0.05, 1.0)
        number("min_samples_leaf", 1, 20, log=True)
    elif model == "ridge":
        number("alpha", 1e-4, 1e4, log=True)
    else:
        number("var_smoothing", 1e-9, 1e2, log=True)
    return params.asked


def _evaluate(name: str, params: Params) -> float:
    return error(MODELS[params["model"]](**own_params(params)), *_data(name))


@lru_cache(maxsize=len(SETS))
def _data(name: str) -> tuple[np.ndarray, np.ndarray]:
    return at_most(SETS[name](), MOST_SAMPLES)
