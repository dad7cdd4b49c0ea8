"""Simple models that a network should beat: constant guess, linear model, gradient boosting."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import brief
from optuna_dnc.evaluation.classification import label_scores
from optuna_dnc.evaluation.comparison import BOOSTED, CONSTANT, LINEAR, NAMES, Floor
from optuna_dnc.evaluation.floor_times import N_ITERATIONS, FloorTimes, sizes_of
from optuna_dnc.evaluation.prediction_panel import mean_scores, target_scores
from optuna_dnc.tasks import Task

_BOOSTING: dict[str, Any] = {"warm_start": True, "random_state": 0}

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
    weights: Array | None = None
    """``(n,)``, or ``(n, labels)``: what samples count in the training, as in the network's."""
    sample_weights: Array | None = None
    """``(n,)``, without the weights of classes: with these, no class were the most frequent."""
    test_weights: Array | None = None
    """``(n_test,)`` what samples count in the metrics; None if all count the same."""

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
        try:
            floor = _largest(sizes_of(name), data, left)
        except (ValueError, ArithmeticError, MemoryError) as error:
            skipped[name] = f"scikit-learn refused the data ({brief(error)})"
            continue
        if floor is None:
            skipped[name] = too_long
        else:
            floors.append(floor)
    return tuple(floors), skipped


def _largest(names: Sequence[str], data: FloorData, left: Callable[[], float]) -> Floor | None:
    """Return the first of some models that there is time for; None if there is none."""
    for name in names:
        start = time.monotonic()
        with _one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about iterations: a floor need not converge
            scores = None if data.times.of(name) > left() else _scores(name, data, left)
        if scores is not None:
            return Floor(name, scores, time.monotonic() - start)
    return None


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
        for label, y in enumerate(data.y.T.astype(np.int64) if several else (data.y,)):
            # A logistic regression refuses labels that all samples have, or none.
            model = CONSTANT if several and (y == y[0]).all() else name
            weights = data.sample_weights if model == CONSTANT else data.weights
            if weights is not None and weights.ndim == 2:
                weights = weights[:, label]
            n_classes = 2 if several else data.n_classes
            proba = _probabilities(model, data, y, weights, n_classes, left)
            if proba is None:
                return None
            tables.append(proba)
        of_labels = np.stack([proba[:, -1] for proba in tables], axis=1)
        return label_scores(data.true, of_labels if several else tables[0], data.test_weights)
    if name == CONSTANT:  # the mean of logarithms is no mean in the unit of the targets
        mean = np.average(data.decode(data.y), axis=0, weights=data.sample_weights)
        guess = np.tile(mean, (len(data.true), 1))
        return mean_scores(target_scores(data.true, guess, data.test_weights))
    columns = []
    for target in data.y.T:
        model = _encoded(_regressor(name), name, data)
        if not _fit(model, data.x, target, data.weights, left):
            return None
        columns.append(model.predict(data.x_test))
    values = data.decode(np.stack(columns, axis=1))
    return mean_scores(target_scores(data.true, values, data.test_weights))


def _probabilities(
    name: str,
    data: FloorData,
    y: Array,
    weights: Array | None,
    n_classes: int,
    left: Callable[[], float],
) -> NDArray[np.float64] | None:
    """Return ``(n, n_classes)`` of a classifier for ``y``; None if it would take too long."""
    model = _encoded(_classifier(name), name, data)
    if not _fit(model, data.x, y, weights, left):
        return None
    proba = np.zeros((len(data.x_test), n_classes))
    proba[:, model.classes_] = model.predict_proba(data.x_test)
    return proba


def _classifier(name: str) -> Any:
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if name in BOOSTED:
        return HistGradientBoostingClassifier(max_iter=BOOSTED[name], **_BOOSTING)
    return LogisticRegression(max_iter=N_ITERATIONS) if name == LINEAR else DummyClassifier()


def _regressor(name: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    if name in BOOSTED:
        return HistGradientBoostingRegressor(max_iter=BOOSTED[name], **_BOOSTING)
    return Ridge()


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


def _fit(model: Any, x: Array, y: Array, weights: Array | None, left: Callable[[], float]) -> bool:
    """Train a model; return False if it would take too long."""
    last = f"{model.steps[-1][0]}__" if hasattr(model, "steps") else ""
    given = {} if weights is None else {f"{last}sample_weight": weights}
    if hasattr(model, "max_leaf_nodes"):
        start, n_iterations = time.monotonic(), model.max_iter
        model.set_params(max_iter=_N_TIMED).fit(x, y, **given)
        if (time.monotonic() - start) * (n_iterations / _N_TIMED - 1) > left():
            return False
        model.set_params(max_iter=n_iterations)
    model.fit(x, y, **given)
    return True
