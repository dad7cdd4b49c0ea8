"""Quality and costs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc.objectives.cost_registry import costs_from_dict, costs_to_dict
from optuna_dnc.objectives.metric import Metric
from optuna_dnc.objectives.metric_registry import metric_of
from optuna_dnc.objectives.score import Score


@dataclass(frozen=True)
class Quality:
    """Scores of a network on the validation and the test set."""

    val: Score | None
    """None if the validation samples were used for training."""
    test: Score | None
    """None without a test set."""

    @classmethod
    def of_errors(cls, val_error: float | None, test_error: float | None, task: str) -> Quality:
        """Create it by the default metric of a task, see :meth:`Score.of_error`."""
        errors = (val_error, test_error)
        return cls(*(None if error is None else Score.of_error(error, task) for error in errors))

    @property
    def val_error(self) -> float | None:
        """Validation error, see :attr:`Score.error`."""
        return None if self.val is None else self.val.error

    @property
    def test_error(self) -> float | None:
        """Same as ``val_error``, on the test set."""
        return None if self.test is None else self.test.error

    @property
    def val_accuracy(self) -> float | None:
        """Validation accuracy, a fraction; None for regression."""
        return None if self.val is None else self.val.accuracy

    @property
    def test_accuracy(self) -> float | None:
        """Test accuracy, a fraction; None for regression, and without a test set."""
        return None if self.test is None else self.test.accuracy

    @property
    def metric(self) -> str | None:
        """Name of the metric; None if nothing was scored."""
        score = self.val or self.test
        return None if score is None else score.metric

    @property
    def described(self) -> Metric:
        """The metric, or one that only formats if it is not registered."""
        score = self.val or self.test
        return metric_of(None, "classification") if score is None else score.described

    @property
    def heading(self) -> str:
        """Name of the metric in narrow tables."""
        return self.described.heading

    def to_dict(self) -> dict[str, float | str | None]:
        """Return metric, errors and accuracies by name, as in JSON files."""
        scores = Score.entries(self.val, "val") | Score.entries(self.test, "test")
        return {**scores, "metric": self.metric}


@dataclass(frozen=True, kw_only=True)
class NetworkMetrics:
    """Quality and costs of a network."""

    quality: Quality
    costs: Mapping[str, float]
    """Costs by name, such as ``n_params``; see :class:`optuna_dnc.objectives.CostMeasure`."""

    @property
    def val_error(self) -> float | None:
        """See :attr:`Quality.val_error`."""
        return self.quality.val_error

    @property
    def val_accuracy(self) -> float | None:
        """See :attr:`Quality.val_accuracy`."""
        return self.quality.val_accuracy

    @property
    def val_metric(self) -> float | None:
        """The metric on the validation set, in its own unit; see :class:`Score`."""
        return None if self.quality.val is None else self.quality.val.value

    @property
    def test_metric(self) -> float | None:
        """The metric on the test set, in its own unit."""
        return None if self.quality.test is None else self.quality.test.value

    @property
    def test_error(self) -> float | None:
        """See :attr:`Quality.test_error`."""
        return self.quality.test_error

    @property
    def test_accuracy(self) -> float | None:
        """See :attr:`Quality.test_accuracy`."""
        return self.quality.test_accuracy

    @property
    def n_params(self) -> int:
        """Number of trainable parameters."""
        return int(self.costs["n_params"])

    @property
    def t_epoch(self) -> float:
        """Seconds of training per epoch."""
        return self.costs["t_epoch"]

    def metrics_to_dict(self) -> dict[str, Any]:
        """Return quality and costs by name, as in JSON files."""
        return self.quality.to_dict() | costs_to_dict(self.costs)


def metrics_from_dict(values: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Return the fields of :class:`NetworkMetrics` from a JSON object.

    Args:
        values: Parsed JSON.
        task: ``classification`` or ``regression``.
    """
    quality = Quality(*(Score.read(values, part, task) for part in ("val", "test")))
    return {"quality": quality, "costs": costs_from_dict(values)}
