"""Estimated times of simple models, which decide whether there is time for them."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optuna_dnc.evaluation.comparison import BOOSTED, BOOSTING, CONSTANT, NAMES
from optuna_dnc.tasks import Task, learning_task

if TYPE_CHECKING:
    from optuna_dnc.data import PreparedData

SHARE = 0.12
"""Share of the time of a search that all simple models together may take."""

MOST_SECONDS = 60.0
FEWEST_SECONDS = 0.3
"""Bounds of these seconds where there is no time limit."""

SHORTEST_LIMIT = 10.0
"""Seconds of a time limit below which nothing is reserved to judge an answer: scikit-learn takes
one to load. It is judged if there is time left."""

PANEL_SECONDS = 0.5
"""Seconds of the metrics of the network itself."""

LOADING_SECONDS = 1.0
"""Seconds to load scikit-learn."""

N_ITERATIONS = 100
"""Iterations of the logistic regression."""


@dataclass(frozen=True)
class FloorTimes:
    """Estimated seconds of simple models on one core, measured on an AMD EPYC.

    A slow or busy machine takes longer: gradient boosting is timed before it goes on.
    """

    n_train: int
    n_test: int
    n_features: int
    n_outputs: int
    task: Task
    n_splits: int = 1
    """Folds, each of ``n_train`` and ``n_test`` samples."""

    def of(self, name: str) -> float:
        """Return the seconds of a model's trainings and predictions."""
        if name == CONSTANT:
            each = 1e-2 + 1e-7 * self.n_outputs * (self.n_train + self.n_test)
        else:
            each = self._boosting(BOOSTED[name]) if name in BOOSTED else self._linear
        return self.n_splits * each

    def affordable(self, seconds: float) -> float:
        """Return the seconds of those models that fit, the most important first."""
        total = 0.0
        for name in NAMES:
            times = (self.of(size) for size in sizes_of(name))
            total += next((time for time in times if total + time <= seconds), 0.0)
        return total

    @property
    def _linear(self) -> float:
        rows, columns, outputs = self.n_train, self.n_features, self.n_outputs
        if learning_task(self.task).predicts_labels:
            step = 5e-10 * rows * columns * outputs + 1.5e-8 * rows * outputs
            return 2e-2 + N_ITERATIONS * step
        return 2e-2 + rows * columns * (3e-11 * columns + 1e-9 * outputs) + 1e-10 * columns**3

    def _boosting(self, n_iterations: int) -> float:
        rows, columns = self.n_train, self.n_features
        n_trees = n_iterations * learning_task(self.task).n_scores(self.n_outputs)
        tree = 5e-4 + 1e-4 * columns + 1.2e-8 * rows * columns + 1.5e-7 * rows
        return n_trees * (tree + 1.1e-7 * self.n_test)


def sizes_of(name: str) -> tuple[str, ...]:
    """Return the names of a simple model in the sizes that it may have, the largest first."""
    return tuple(BOOSTED) if name == BOOSTING else (name,)


def seconds_without_limit(search_seconds: float) -> float:
    """Return the seconds that simple models may take after a search without a time limit."""
    return min(max(SHARE * search_seconds, FEWEST_SECONDS), MOST_SECONDS)


def judging_seconds(data: PreparedData, limit: float, slowdown: float = 1.0) -> float:
    """Return the seconds of a time limit to reserve for the evaluation of the final network.

    Args:
        data: The data.
        limit: Seconds of the time limit.
        slowdown: How many times as long as on a quiet machine computations take.
    """
    limit /= slowdown
    if not fits_judgement(limit):
        return 0.0
    affordable = _times_on(data).affordable(SHARE * limit - PANEL_SECONDS)
    return slowdown * (PANEL_SECONDS + affordable)


def judging_seconds_without_limit(data: PreparedData, search_seconds: float) -> float:
    """Estimate the seconds of the judgement after a search without a time limit."""
    affordable = _times_on(data).affordable(seconds_without_limit(search_seconds))
    return LOADING_SECONDS + PANEL_SECONDS + affordable


def _times_on(data: PreparedData) -> FloorTimes:
    return FloorTimes(
        n_train=data.n_train + (data.n_val if data.n_test else 0),
        n_test=data.n_test or data.n_val,
        n_features=math.prod(data.input_shape),
        n_outputs=data.n_outputs,
        task=data.task,
        n_splits=1 if data.n_test else len(data.validated),
    )


def load_models(limit: float) -> None:
    """Load scikit-learn before a search with a time limit, whose end would be late otherwise."""
    if fits_judgement(limit):
        load_scikit_learn()


def load_scikit_learn() -> None:
    """Import what a judgement needs of scikit-learn, which takes a second."""
    import sklearn.dummy
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.metrics  # noqa: F401


def seconds_to_begin() -> float:
    """Return the seconds of a judgement before the first simple model."""
    return PANEL_SECONDS + (0.0 if "sklearn.ensemble" in sys.modules else LOADING_SECONDS)


def fits_judgement(limit: float) -> bool:
    """Return whether a time limit in seconds is long enough to evaluate the final network."""
    return SHORTEST_LIMIT <= limit < math.inf
