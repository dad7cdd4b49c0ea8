"""The penalized loss of a search, for trainings that have ended and for those under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from optuna_dnc.objectives import Baseline, Measurement, penalized_loss
from optuna_dnc.objectives.loss import resolved
from optuna_dnc.runs.records import Record
from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True)
class Projection:
    """The share of a validation error that is left at the end of a training, by epoch.

    In ``log10(error + wc * complexity)`` the complexity is the final one from the first epoch
    on, but the error is not: after one epoch it outweighs everything, and only large networks
    would pass the first rung. So the losses of trainings under way are taken with
    ``error * left[epoch]``: as if every error fell like that of the pilot, one network that was
    trained to the end.
    """

    left: tuple[float, ...]
    """For each epoch, counted from 1; the last is 1."""

    @classmethod
    def of_errors(cls, errors: Sequence[float]) -> Projection:
        """Learn the shares from the best errors so far of a whole training, (epochs,), above 0."""
        end = min(errors)
        return cls(tuple(end / max(error, end) for error in errors))

    def final(self, error: float, epoch: int) -> float:
        """Return the error to which an error after ``epoch`` epochs is expected to fall."""
        return error * self.left[min(epoch, len(self.left)) - 1]


@dataclass
class Objective:
    """``log10(error + wc * complexity)`` of a measurement."""

    wc: float
    """Weight of the cost."""
    baseline: Baseline
    """The cost that counts as 1."""
    n_val: int | None
    """Validation samples, whose number limits the resolution of an error rate; None for a
    regression."""
    projection: Projection | None = None
    """How errors of trainings under way are projected to their end; None takes them as they
    are."""

    def loss(self, measured: Measurement) -> float:
        """Return the loss of a training that has ended."""
        complexity = self.baseline.complexity(measured)
        return penalized_loss(measured.error, complexity, self.wc, n_val=self.n_val)

    def projected_loss(self, measured: Measurement, training: TrainingConfig) -> float:
        """Return the loss with which a training is expected to end, or has ended."""
        is_over = measured.status != "ok" or training.is_over(
            measured.epochs_run, measured.best_epoch
        )
        if self.projection is None or is_over:
            return self.loss(measured)
        # Not floored like a measured error: many good networks would have equal losses.
        error = self.projection.final(resolved(measured.error, self.n_val), measured.epochs_run)
        return penalized_loss(error, self.baseline.complexity(measured), self.wc)

    def learn_from_pilot(self, record: Record) -> None:
        """Project the errors of later trainings as those of this one fell."""
        seen = [error for error in record.epochs.get("val_error", ()) if error is not None]
        if seen:
            errors = [resolved(error, self.n_val) for error in seen]
            self.projection = Projection.of_errors(list(accumulate(errors, min)))
