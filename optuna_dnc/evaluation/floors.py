"""Simple models that a network should beat: constant guess, linear model, gradient boosting."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import brief
from optuna_dnc.evaluation.comparison import BOOSTING, CONSTANT, LINEAR, NAMES, Floor
from optuna_dnc.evaluation.floor_times import N_ITERATIONS, FloorTimes
from optuna_dnc.evaluation.labels import label_scores
from optuna_dnc.evaluation.prediction_panel import mean_scores
from optuna_dnc.evaluation.regression import target_scores
from optuna_dnc.tasks import Task

_BOOSTED: dict[str, Any] = {"warm_start": True, "random_state": 0}

_N_TIMED = 5
"""Iterations of gradient boosting that are timed before it goes on."""

Array = NDArray[Any]


@dataclass(frozen=True)
class FloorData:
    """Samples that simple models are trained and measured on, as the network gets them.

    x: ``(n, features)`` normalized; y: ``(n,)`` class indices, ``(n, labels)`` of 0 and 1, or
    ``(n, targets)`` standardized.
    """

    x: Array
    y: Array
    x_test: Array
    true: Array
    """Class indices, labels, or targets in their unit."""
    n_classes: int | None
    """Number of classes, or of labels; None for regression."""
    decode: Callable[[Array], NDArray[np.float64]]
    """From standardized values ``(n, targets)`` to their unit."""
    n_codes: tuple[int, ...] = ()
    """Number of codes of each of the last features, which are numbers of categories."""

    @property
    def times(self) -> FloorTimes:
        """Estimated times of models."""
        n_outputs = self.y.shape[1] if self.n_classes is None else self.n_classes
        n, n_features = self.x.shape
        n_features += sum(self.n_codes)
        return FloorTimes(n, len(self.x_test), n_features, n_outputs, self.task)

    @property
    def task(self) -> Task:
        """What the models learn."""
        if self.n_classes is None:
            return "regression"
        return "classification" if self.y.ndim == 1 else "multilabel"


def floors_on(
    data: FloorData, left: Callable[[], float], too_long: str
) -> tuple[tuple[Floor, ...], dict[str, str]]:
    """Train and measure the simple models for which there is time.

    Args:
        data: The samples.
        left: Returns the seconds that are left.
        too_long: Why a model is left out that would take longer.

    Returns:
        The models, and why others were left out, by name.
    """
    floors, skipped = [], {}
    for name in NAMES:
        start = time.monotonic()
        try:
            with _one_thread(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about iterations: a floor need not converge
                scores = None if data.times.of(name) > left() else _scores(name, data, left)
        except (ValueError, ArithmeticError, MemoryError) as error:
            skipped[name] = f"scikit-learn refused the data ({brief(error)})"
            continue
        if scores is None:
            skipped[name] = too_long
        else:
            floors.append(Floor(name, scores, time.monotonic() - start))
    return tuple(floors), skipped


@contextmanager
def _one_thread() -> Iterator[None]:
    """Use one thread: on busy cores, several wait for each other at each node of a tree."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def _scores(name: str, data: FloorData, left: Callable[[], float]) -> dict[str, float] | None:
    """Return the metrics of a model; None if its training would take too long."""
    if data.n_classes is not None:
        several = data.task == "multilabel"
        tables = []
        for y in data.y.T.astype(np.int64) if several else (data.y,):
            # A logistic regression refuses labels that all samples have, or none.
            model = CONSTANT if several and (y == y[0]).all() else name
            proba = _probabilities(model, data, y, 2 if several else data.n_classes, left)
            if proba is None:
                return None
            tables.append(proba)
        of_labels = np.stack([proba[:, -1] for proba in tables], axis=1)
        return label_scores(data.true, of_labels if several else tables[0])
    if name == CONSTANT:  # the mean of logarithms is no mean in the unit of the targets
        mean = data.decode(data.y).mean(axis=0)
        return mean_scores(target_scores(data.true, np.tile(mean, (len(data.true), 1))))
    columns = []
    for target in data.y.T:
        model = _encoded(_regressor(name), name, data)
        if not _fit(model, data.x, target, left):
            return None
        columns.append(model.predict(data.x_test))
    values = data.decode(np.stack(columns, axis=1))
    return mean_scores(target_scores(data.true, values))


def _probabilities(
    name: str, data: FloorData, y: Array, n_classes: int, left: Callable[[], float]
) -> NDArray[np.float64] | None:
    """Return ``(n, n_classes)`` of a classifier for ``y``; None if it would take too long."""
    model = _encoded(_classifier(name), name, data)
    if not _fit(model, data.x, y, left):
        return None
    proba = np.zeros((len(data.x_test), n_classes))
    proba[:, model.classes_] = model.predict_proba(data.x_test)
    return proba


def _classifier(name: str) -> Any:
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if name == BOOSTING:
        return HistGradientBoostingClassifier(**_BOOSTED)
    return LogisticRegression(max_iter=N_ITERATIONS) if name == LINEAR else DummyClassifier()


def _regressor(name: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    return HistGradientBoostingRegressor(**_BOOSTED) if name == BOOSTING else Ridge()


def _encoded(model: Any, name: str, data: FloorData) -> Any:
    """Return a linear model that takes codes of categories one-hot; others as they are."""
    if name != LINEAR or not data.n_codes:
        return model
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    n_features = data.x.shape[1]
    codes = list(range(n_features - len(data.n_codes), n_features))
    encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    encoded = make_column_transformer((encoder, codes), remainder="passthrough")
    return make_pipeline(encoded, model)


def _fit(model: Any, x: Array, y: Array, left: Callable[[], float]) -> bool:
    """Train a model; return False if it would take too long."""
    if hasattr(model, "max_leaf_nodes"):
        start = time.monotonic()
        model.set_params(max_iter=_N_TIMED).fit(x, y)
        if (time.monotonic() - start) * (N_ITERATIONS / _N_TIMED - 1) > left():
            return False
        model.set_params(max_iter=N_ITERATIONS)
    model.fit(x, y)
    return True
