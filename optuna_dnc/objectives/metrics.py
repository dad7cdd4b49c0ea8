"""Quality and costs of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc.objectives.recorded_costs import costs_from_dict, costs_to_dict


@dataclass(frozen=True)
class Quality:
    """Validation and test error of a network, and its accuracies in a classification."""

    val_error: float | None
    """1 - accuracy as a fraction, or MSE over the variance of the training targets; None if the
    validation samples were used for training."""
    test_error: float | None
    """Same as ``val_error``, on the test set; None without one."""
    is_classification: bool

    @property
    def val_accuracy(self) -> float | None:
        """Validation accuracy, a fraction; None for regression."""
        return self._accuracy(self.val_error)

    @property
    def test_accuracy(self) -> float | None:
        """Test accuracy, a fraction; None for regression, and without a test set."""
        return self._accuracy(self.test_error)

    def _accuracy(self, error: float | None) -> float | None:
        return 1 - error if self.is_classification and error is not None else None

    def to_dict(self) -> dict[str, float | None]:
        """Return errors and accuracies by name, as in JSON files."""
        names = ("val_error", "val_accuracy", "test_error", "test_accuracy")
        return {name: getattr(self, name) for name in names}


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
    quality = Quality(values["val_error"], values.get("test_error"), task == "classification")
    return {"quality": quality, "costs": costs_from_dict(values)}
