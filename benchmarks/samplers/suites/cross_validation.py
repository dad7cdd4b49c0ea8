"""What the suites of scikit-learn's models share: asking for parameters, and the error."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from optuna.trial import BaseTrial
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@dataclass
class ModelParams:
    """Asks for the parameters of one model, whose names begin with the model's."""

    trial: BaseTrial
    model: str
    asked: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.asked = {"model": self.model}

    def number(self, name: str, low: float, high: float, *, log: bool = False) -> None:
        """An int if ``low`` is one, else a float."""
        suggest = self.trial.suggest_int if isinstance(low, int) else self.trial.suggest_float
        self.asked[f"{self.model}.{name}"] = suggest(f"{self.model}.{name}", low, high, log=log)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices."""
        chosen = self.trial.suggest_categorical(f"{self.model}.{name}", choices)
        self.asked[f"{self.model}.{name}"] = chosen
        return chosen


def own_params(params: Any) -> dict[str, Any]:
    """The parameters as the model calls them."""
    return {key.split(".")[1]: value for key, value in params.items() if "." in key}


def error(model: Any, x: np.ndarray, y: np.ndarray, *, regression: bool = False) -> float:
    """The share of wrong labels in 3-fold cross-validation, or ``1 - R**2``."""
    folds = KFold if regression else StratifiedKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of models that have not converged
        scores = cross_val_score(
            make_pipeline(StandardScaler(), model),
            x,
            y,
            cv=folds(3, shuffle=True, random_state=0),
        )
    return 1.0 - float(np.mean(scores))


def at_most(data: tuple[np.ndarray, np.ndarray], n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """So many samples at most, the same every time."""
    x, y = data
    first = np.random.default_rng(0).permutation(len(x))[:n_samples]
    return x[first], y[first]
