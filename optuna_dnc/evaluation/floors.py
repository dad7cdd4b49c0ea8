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
class FloorSplit:
    """Samples that simple models are trained on, and inputs of those to predict.

    x: ``(n, features)`` normalized; y: ``(n,)`` class indices, ``(n, labels)`` of 0 and 1, or
    ``(n, targets)`` standardized.
    """

    x: Array
    y: Array
    x_test: Array
    weights: Array | None = None
    """``(n,)``, or ``(n, labels)``: what samples count in the training, as in the network's."""
    sample_weights: Array | None = None
    """``(n,)``, without the weights of classes: with these, no class were the most frequent."""


@dataclass(frozen=True)
class FloorData:
    """Samples that simple models are trained and measured on, as the network gets them."""

    splits: Sequence[FloorSplit]
    """One, or the folds of a cross-validation: a model is trained for each of them."""
    true: Array
    """Class indices, labels, or targets in their unit, of the predicted samples of all splits."""
    n_classes: int | None
    """Number of classes, or of labels; None for regression."""
    decode: Callable[[Array], NDArray[np.float64]]
    """From standardized values ``(n, targets)`` to their unit."""
    n_codes: tuple[int, ...] = ()
    """Number of codes of each of the last features, which are numbers of categories."""
    test_weights: Array | None = None
    """What each sample of ``true`` counts in the metrics; None if all count the same."""

    @property
    def times(self) -> FloorTimes:
        """Estimated times of models."""
        first = self.splits[0]
        n_outputs = first.y.shape[1] if self.n_classes is None else self.n_classes
        n, n_features = first.x.shape
        n_features += sum(self.n_codes)
        n_splits = len(self.splits)
        return FloorTimes(n, len(first.x_test), n_features, n_outputs, self.task, n_splits)

    @property
    def task(self) -> Task:
        """What the models learn."""
        if self.n_classes is None:
            return "regression"
        return "classification" if self.splits[0].y.ndim == 1 else "multilabel"


def floors_on(
    data: FloorData, left: Callable[[], float], too_long: str, slowdown: float = 1.0
) -> tuple[tuple[Floor, ...], dict[str, str]]:
    """Train and measure the simple models for which there is time.

    Args:
        data: The samples.
        left: Returns the seconds that are left.
        too_long: Why a model is left out that would take longer.
        slowdown: How many times as long as on a quiet machine computations take.

    Returns:
        The models, and why others were left out, by name.
    """
    floors, skipped = [], {}
    for name in NAMES:
        try:
            floor = _largest(sizes_of(name), data, left, slowdown)
        except (ValueError, ArithmeticError, MemoryError) as error:
            skipped[name] = f"scikit-learn refused the data ({brief(error)})"
            continue
        if floor is None:
            skipped[name] = too_long
        else:
            floors.append(floor)
    return tuple(floors), skipped


def _largest(
    names: Sequence[str], data: FloorData, left: Callable[[], float], slowdown: float
) -> Floor | None:
    """Return the first of some models that there is time for; None if there is none."""
    for name in names:
        start = time.monotonic()
        with _one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about iterations: a floor need not converge
            is_long = slowdown * data.times.of(name) > left()
            scores = None if is_long else _scores(name, data, left)
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
    predict = _values if data.n_classes is None else _probabilities
    parts = []
    for number, split in enumerate(data.splits):
        n_left = len(data.splits) - number
        part = predict(name, data, split, lambda n=n_left: left() / n)  # type: ignore[misc]
        if part is None:
            return None
        parts.append(part)
    predicted = np.concatenate(parts)
    if data.n_classes is None:
        return mean_scores(target_scores(data.true, predicted, data.test_weights))
    return label_scores(data.true, predicted, data.test_weights)


def _values(
    name: str, data: FloorData, split: FloorSplit, left: Callable[[], float]
) -> NDArray[np.float64] | None:
    """Return ``(n, targets)`` of a regression in their unit; None if it would take too long."""
    if name == CONSTANT:  # the mean of logarithms is no mean in the unit of the targets
        mean = np.average(data.decode(split.y), axis=0, weights=split.sample_weights)
        return np.tile(mean, (len(split.x_test), 1))
    columns = []
    for target in split.y.T:
        model = _encoded(_regressor(name), name, data)
        if not _fit(model, split.x, target, split.weights, left):
            return None
        columns.append(model.predict(split.x_test))
    return data.decode(np.stack(columns, axis=1))


def _probabilities(
    name: str, data: FloorData, split: FloorSplit, left: Callable[[], float]
) -> NDArray[np.float64] | None:
    """Return ``(n, n_classes)``, or ``(n, labels)``; None if it would take too long."""
    several = data.task == "multilabel"
    tables = []
    for label, y in enumerate(split.y.T.astype(np.int64) if several else (split.y,)):
        # A logistic regression refuses labels that all samples have, or none.
        model_name = CONSTANT if several and (y == y[0]).all() else name
        weights = split.sample_weights if model_name == CONSTANT else split.weights
        if weights is not None and weights.ndim == 2:
            weights = weights[:, label]
        model = _encoded(_classifier(model_name), model_name, data)
        if not _fit(model, split.x, y, weights, left):
            return None
        proba = np.zeros((len(split.x_test), 2 if several else data.n_classes or 0))
        proba[:, model.classes_] = model.predict_proba(split.x_test)
        tables.append(proba)
    return np.stack([proba[:, -1] for proba in tables], axis=1) if several else tables[0]


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

    n_features = data.splits[0].x.shape[1]
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
