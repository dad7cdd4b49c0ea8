"""Score of a network on one set of samples, by the metric of a search, and its noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc.objectives.metric import DEFAULT_METRICS, Metric
from optuna_dnc.objectives.metric_registry import described_metric
from optuna_dnc.tasks import learning_task


@dataclass(frozen=True)
class Score:
    """How good a network is on one set of samples."""

    error: float
    """``f_p >= 0`` of the loss: the metric as an error, see
    :meth:`optuna_dnc.objectives.Metric.error`."""
    metric: str
    """Name of the metric."""
    value: float | None
    """The metric in its own unit; None without a usable network."""
    accuracy: float | None
    """Accuracy, a fraction, whatever the metric is; None for regression."""

    @classmethod
    def of_error(cls, error: float, task: str) -> Score:
        """Create the score by the default metric of a task: accuracy or R2, which are 1 - error.

        Args:
            error: 1 - accuracy as a fraction, or the MSE over the variance of the targets.
            task: ``classification`` or ``regression``.
        """
        value = 1 - error
        accuracy = value if learning_task(task).predicts_labels else None
        return cls(error, DEFAULT_METRICS[task], value, accuracy)

    @classmethod
    def read(cls, values: Mapping[str, Any], part: str, task: str) -> Score | None:
        """Create it from a JSON object with the entries of :meth:`entries`.

        Args:
            values: Parsed JSON; versions that knew the default metrics only wrote no ``metric``.
            part: ``val`` or ``test``.
            task: ``classification`` or ``regression``.
        """
        error = values.get(f"{part}_error")
        if error is None:
            return None
        metric = values.get("metric") or DEFAULT_METRICS[task]
        accuracy, value = (values.get(f"{part}_{name}") for name in ("accuracy", "metric"))
        if metric == DEFAULT_METRICS[task]:
            value = 1 - error if accuracy is None else accuracy
        return cls(error, metric, value, accuracy)

    @property
    def described(self) -> Metric:
        """The metric, or one that only formats if it is not registered."""
        is_regression = self.accuracy is None
        return described_metric(self.metric, "regression" if is_regression else "classification")

    def format(self, *, percent: bool = False) -> str:
        """Return the value as text, without the name of the metric; see :meth:`Metric.format`."""
        return self.described.format(self.value, percent=percent)

    @staticmethod
    def entries(score: Score | None, part: str) -> dict[str, float | None]:
        """Return error, accuracy and metric of a part as in JSON files; None where not scored."""
        return {
            f"{part}_error": None if score is None else score.error,
            f"{part}_accuracy": None if score is None else score.accuracy,
            f"{part}_metric": None if score is None else score.value,
        }


def standard_error(error: float, n_samples: int, *, is_share: bool) -> float:
    """Estimate the standard error of an error that was measured on ``n_samples``.

    Args:
        error: The error.
        n_samples: Number of samples.
        is_share: Whether it is a share of wrong samples, of which at least one is assumed; errors
            by other metrics between 0 and 1 have similar standard errors. Otherwise it is a mean
            squared error, whose residuals are assumed to be normally distributed.
    """
    if is_share:
        return math.sqrt(max(error * (1 - error), 1 / n_samples) / n_samples)
    return error * math.sqrt(2 / n_samples)
