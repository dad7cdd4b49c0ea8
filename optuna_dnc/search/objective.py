"""Objective of a search: penalized loss of finished and of running training runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from optuna_dnc.objectives import CostNormalizer, Measurement, penalized_loss
from optuna_dnc.objectives.loss import resolved
from optuna_dnc.runs.records import Record
from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True)
class Projection:
    """Projection of validation errors to the end of training.

    In ``log10(error + wc * complexity)`` the complexity is final from the first epoch on, but the
    error is not: after one epoch it outweighs the cost, and only large networks would pass the
    first rung. The loss of a running training therefore uses ``error * left[epoch]``, as if its
    error fell like that of the pilot, a network that was trained to the end.
    """

    left: tuple[float, ...]
    """Ratio of the final error to that after each epoch, from epoch 1; the last is 1."""

    @classmethod
    def of_errors(cls, errors: Sequence[float]) -> Projection:
        """Fit it to the lowest errors so far of a whole training, ``(epochs,)``, above 0."""
        end = min(errors)
        return cls(tuple(end / max(error, end) for error in errors))

    def final(self, error: float, epoch: int) -> float:
        """Project an error after ``epoch`` epochs to the end of the training."""
        return error * self.left[min(epoch, len(self.left)) - 1]


@dataclass
class Objective:
    """``log10(error + wc * complexity)`` of a measurement."""

    wc: float
    """Weight of the cost."""
    normalizer: CostNormalizer
    """Normalization of the cost by that of a baseline."""
    n_val: int | None
    """Number of comparisons that a validation error averages, which limits its resolution: the
    validation samples for the accuracy; None for regression. See
    :meth:`optuna_dnc.objectives.Metric.n_compared`."""
    projection: Projection | None = None
    """Projection of the errors of running trainings; None for none."""

    def loss(self, measured: Measurement) -> float:
        """Return the loss of a finished training."""
        complexity = self.normalizer.complexity(measured)
        return penalized_loss(measured.error, complexity, self.wc, n_val=self.n_val)

    def rank(self, measured: Measurement) -> tuple[bool, float, float]:
        """Return the sort key of a finished training run, as :attr:`Record.rank`."""
        return (not measured.is_usable, self.loss(measured), measured.tie_breaker)

    def projected_loss(self, measured: Measurement, training: TrainingConfig) -> float:
        """Return the expected final loss of a training run, or its loss if it is finished."""
        is_over = measured.status != "ok" or training.is_over(
            measured.epochs_run, measured.best_epoch
        )
        if self.projection is None or is_over:
            return self.loss(measured)
        # No floor as for a measured error: many good networks would have equal losses.
        error = self.projection.final(resolved(measured.error, self.n_val), measured.epochs_run)
        return penalized_loss(error, self.normalizer.complexity(measured), self.wc)

    def learn_from_pilot(self, record: Record) -> None:
        """Fit the projection to the errors of the pilot."""
        errors = [error for error in record.epochs.get("val_error", ()) if error is not None]
        if errors:
            lowest = accumulate((resolved(error, self.n_val) for error in errors), min)
            self.projection = Projection.of_errors(list(lowest))
