"""Trains the networks of a search; holds what its stages share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import optuna

from optuna_dnc._optuna_compat import reported_steps
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import (
    Baseline,
    Measurement,
    is_out_of_memory,
    penalized_loss,
    unusable,
)
from optuna_dnc.objectives.loss import SMALLEST_SUM
from optuna_dnc.pruners import Budget
from optuna_dnc.search.folder import RunFolder
from optuna_dnc.search.ledger import Ledger
from optuna_dnc.search.projection import Projection
from optuna_dnc.search.records import Record, configuration_key, training_seed
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.search.sharing import Pool
from optuna_dnc.training import FitResult, TrainingConfig, train_network


class TimeIsUp(Exception):  # noqa: N818 - no error: the search ends as it was asked to
    """No further training would end before the deadline."""


class Proposal(NamedTuple):
    """What a trial is to measure."""

    config: Any
    """The network."""
    training: TrainingConfig
    """How to train it."""


@dataclass(frozen=True)
class Outcome:
    """What came of training a proposal, or what was known of it."""

    measured: Measurement
    pruned: bool
    """Whether it was not trained to the end."""
    curve: dict[int, float]
    """Loss after each epoch that was trained."""
    epochs: dict[str, list[float | None]] = field(default_factory=dict)
    """See :attr:`optuna_dnc.search.Record.epochs`; empty where it was not trained."""
    reused_from: str | None = None
    """The trial that this was known of."""

    @classmethod
    def of_shared(cls, record: Record) -> Outcome:
        """What another search has measured, as this one sees it."""
        return cls(
            measured=record.measured,
            pruned=record.pruned,
            curve=dict(record.curve),
            epochs=dict(record.epochs),
            reused_from=record.reused_from,
        )


class _Stopped(Exception):  # noqa: N818 - no error: the pruner has decided
    """Ends a training after this epoch."""


@dataclass
class TrialRunner:
    """Trains networks and keeps the weights of the best."""

    family: NetworkFamily
    data: PreparedData
    settings: SearchSettings
    baseline: Baseline
    folder: RunFolder
    ledger: Ledger
    deadline: float | None
    """On the clock of ``time.monotonic()``; None has no end."""
    projection: Projection | None = None
    """What errors of trainings under way come to; None takes them as they are."""
    pool: Pool = field(default_factory=Pool)
    """This search, and those that share its trials."""

    def __post_init__(self) -> None:
        self.pool.join(self)

    def check_time(self, epochs: int | None = None) -> None:
        """Raise :class:`TimeIsUp` if another training would not end before the deadline.

        The first training of a search always runs, so that there is a network at the end.

        Args:
            epochs: Of the training; None for all.
        """
        typical = self.seconds_for(1 if epochs is None else epochs / self.settings.epochs)
        if self.deadline is None or typical is None:
            return
        if time.monotonic() + typical > self.deadline:
            raise TimeIsUp

    def seconds_for(self, n_trainings: float) -> float | None:
        """Estimate the wall time of so many full trainings; None before the first epoch."""
        if self.settings.pruner == "none":
            typical = self.ledger.typical_training
        else:
            epoch = self.ledger.typical_epoch
            typical = None if epoch is None else epoch * self.settings.epochs
        return None if typical is None else typical * n_trainings

    def default_training(self, config: Any) -> TrainingConfig:
        """How stages 1 and 2 train a network."""
        return self.settings.training(self.family.default_weight_decay(self._n_params(config)))

    def key(self, proposal: Proposal) -> str:
        """Name a network with its training; equal for equal ones."""
        return configuration_key(self.family.name, *proposal)

    def train(
        self,
        trial: optuna.Trial,
        proposal: Proposal,
        *,
        may_stop: bool = False,
        budget: Budget | None = None,
    ) -> Outcome:
        """Train a network and report each epoch to its trial; keep the weights if it leads.

        Args:
            trial: Its trial.
            proposal: The network and how to train it.
            may_stop: Whether the study's pruner may stop the training.
            budget: Which epochs to train, from the checkpoint of those before; None for all.

        Raises:
            CheckpointError: The checkpoint cannot be continued.
        """
        key, n_params = self.key(proposal), self._n_params(proposal.config)
        last = proposal.training.epochs
        is_cut = budget is not None and budget.stop < last
        # A trial that was interrupted has reported some epochs already.
        reported = reported_steps(trial)
        curve: dict[int, float] = {}
        so_far = FitResult(self.data.task)

        def report(result: FitResult) -> None:
            nonlocal so_far
            so_far = result
            epoch = result.epochs[-1].number
            curve[epoch] = self.promise(result.measurement(n_params))
            if epoch not in reported:
                trial.report(curve[epoch], epoch)
            # The pruner judges the last report, and it has let the trial pass those before.
            is_new = epoch >= max(reported, default=0)
            if may_stop and is_new and epoch < last and trial.should_prune():
                raise _Stopped

        try:
            result = self._fit(proposal, key, report, budget)
        except _Stopped:
            return Outcome(so_far.measurement(n_params), True, curve, so_far.by_epoch())
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return Outcome(unusable(self.data.task, n_params, "out-of-memory"), is_cut, curve)
        measured = result.measurement(n_params)
        if not is_cut and measured.is_usable and self.pool.leads(measured):
            self.folder.save_checkpoint(key, result.weights)
        return Outcome(measured, is_cut, curve, result.by_epoch())

    def retrain(self, record: Record) -> FitResult:
        """Train a recorded configuration again: same seed, same weights on the same machine."""
        config = self.family.config_from_dict(record.config)
        return self._fit(Proposal(config, TrainingConfig(**record.training)), record.key)

    def provisional_best(self) -> Record:
        """The most promising network, trained to the end where no trial was, with its weights.

        The study is told nothing, so that a search that goes on is as if this had not been.
        """
        record = self.ledger.most_promising
        result = self.retrain(record)
        measured = result.measurement(record.measured.n_params)
        if measured.is_usable:
            self.folder.save_checkpoint(record.key, result.weights)
        loss = self.loss(measured)
        return dataclasses.replace(record, loss=loss, measured=measured, pruned=False)

    def loss(self, measured: Measurement) -> float:
        """The penalised loss."""
        return penalized_loss(
            measured.error,
            self.baseline.complexity(measured),
            self.settings.wc,
            n_val=len(self.data.val) if self.data.task == "classification" else None,
        )

    def promise(self, measured: Measurement) -> float:
        """The loss that a training under way is expected to end with."""
        if self.projection is None or not measured.is_usable:
            return self.loss(measured)
        error = self.projection.final(measured.error, measured.epochs_run)
        return self.loss(dataclasses.replace(measured, error=error))

    def errors(self, record: Record) -> list[float]:
        """The validation errors behind the losses of a training, by epoch, above 0."""
        cost = self.settings.wc * self.baseline.complexity(record.measured)
        least = SMALLEST_SUM if self.data.task == "regression" else 0.5 / len(self.data.val)
        return [max(10**loss - cost, least) for _, loss in sorted(record.curve.items())]

    def keep_leader(self) -> None:
        """Delete the weights of all networks but the best, of each search that shares trials."""
        self.pool.keep_leaders()

    def _fit(
        self,
        proposal: Proposal,
        key: str,
        on_epoch: Callable[[FitResult], None] | None = None,
        budget: Budget | None = None,
    ) -> FitResult:
        return train_network(
            self.family,
            proposal.config,
            self.data,
            proposal.training,
            seed=training_seed(self.settings.seed, key),
            on_epoch=on_epoch,
            stop_at=None if budget is None else budget.stop,
            checkpoint=None if budget is None else budget.folder,
        )

    def _n_params(self, config: Any) -> int:
        return self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
