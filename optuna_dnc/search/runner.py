"""Trains the networks of a search; holds what its stages share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

import optuna

from optuna_dnc._interruption import check_interrupted
from optuna_dnc._optuna_compat import reported_steps
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import (
    Baseline,
    CostMeter,
    Measurement,
    NetworkSpec,
    is_out_of_memory,
    penalized_loss,
    unusable,
)
from optuna_dnc.objectives.loss import resolved
from optuna_dnc.pruners import Budget
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record, configuration_key, training_seed
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.attempts import Attempts
from optuna_dnc.search.projection import Projection
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
    """See :attr:`optuna_dnc.runs.Record.epochs`; empty where it was not trained."""
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
        self._attempts = Attempts(self.folder.path)

    def check_time(self, epochs: int | None = None, begun: Record | None = None) -> None:
        """Raise :class:`TimeIsUp` if another training would not end before the deadline.

        KeyboardInterrupt if a signal has asked to stop.

        The first training of a search always runs, so that there is a network at the end.

        Args:
            epochs: Of the training; None for all.
            begun: The training as far as it has come, if it goes on.
        """
        check_interrupted()
        seconds = self.seconds_for(1 if epochs is None else epochs / self.settings.epochs)
        if begun is not None and epochs is not None and begun.trained_epochs:
            seconds = begun.seconds / begun.trained_epochs * epochs
        if self.deadline is None or seconds is None:
            return
        if time.monotonic() + seconds > self.deadline:
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
        n_params = self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
        return self.settings.training(self.family.default_weight_decay(n_params))

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
            Crashed: The trial has ended the process before, see :class:`Attempts`.
            TimeIsUp: The deadline passed meanwhile; not before there is any other network.
        """
        key, costs = self.key(proposal), self._cost_meter(proposal.config)
        last = proposal.training.epochs
        stop = last if budget is None else budget.stop
        is_cut = stop < last
        # A trial that was interrupted has reported some epochs already.
        reported = reported_steps(trial)
        curve: dict[int, float] = {}
        so_far = FitResult(self.data.task)

        def report(result: FitResult) -> None:
            nonlocal so_far
            so_far = result
            epoch = result.epochs[-1].number
            curve[epoch] = self.promise(result.measurement(costs(result)), proposal.training)
            if epoch not in reported:
                trial.report(curve[epoch], epoch)
            # The pruner judges the last report, and it has let the trial pass those before.
            is_new = epoch >= max(reported, default=0)
            if may_stop and is_new and epoch < last and trial.should_prune():
                raise _Stopped
            if epoch < stop and self._is_late:
                raise TimeIsUp

        try:
            with self._attempts.of(trial) as on_batch:
                result = self._fit(proposal, key, report, on_batch, budget)
        except _Stopped:
            return Outcome(so_far.measurement(costs(so_far)), True, curve, so_far.by_epoch())
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            measured = unusable(self.data.task, costs(FitResult(self.data.task)), "out-of-memory")
            return Outcome(measured, is_cut, curve)
        measured = result.measurement(costs(result))
        if not is_cut and measured.is_usable and self.pool.leads(measured):
            self.folder.save_checkpoint(key, result.weights)
        return Outcome(measured, is_cut, curve, result.by_epoch())

    def crash_of(self, key: str) -> str | None:
        """What a configuration died of, if it has ended the process too often."""
        ledgers = (runner.ledger for runner in (self, *self.pool.others(self)))
        return next((crash.meaning for ledger in ledgers if (crash := ledger.crash_of(key))), None)

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
        costs = self._cost_meter(self.family.config_from_dict(record.config))
        measured = result.measurement(costs(result))
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
            n_val=self._n_val,
        )

    def promise(self, measured: Measurement, training: TrainingConfig) -> float:
        """The loss that a training is expected to end with, or has ended with."""
        is_over = measured.status != "ok" or training.is_over(
            measured.epochs_run, measured.best_epoch
        )
        if self.projection is None or is_over:
            return self.loss(measured)
        # What is expected is not floored as what is measured: many good networks would be equal.
        error = self.projection.final(resolved(measured.error, self._n_val), measured.epochs_run)
        return penalized_loss(error, self.baseline.complexity(measured), self.settings.wc)

    def learn_from_pilot(self, record: Record) -> None:
        """Project the errors of later trainings as those of this one fell."""
        seen = [error for error in record.epochs.get("val_error", ()) if error is not None]
        if seen:
            errors = [resolved(error, self._n_val) for error in seen]
            self.projection = Projection.of_errors(list(accumulate(errors, min)))

    @property
    def _n_val(self) -> int | None:
        """Validation samples whose number limits what an error can tell; None for a regression."""
        return len(self.data.val) if self.data.task == "classification" else None

    @property
    def _is_late(self) -> bool:
        has_passed = self.deadline is not None and time.monotonic() >= self.deadline
        return has_passed and bool(self.ledger.records)

    def keep_leader(self) -> None:
        """Delete the weights of all networks but the best, of each search that shares trials."""
        self.folder.check_there()
        self.pool.keep_leaders()

    def _fit(
        self,
        proposal: Proposal,
        key: str,
        on_epoch: Callable[[FitResult], None] | None = None,
        on_batch: Callable[[], None] = lambda: None,
        budget: Budget | None = None,
    ) -> FitResult:
        return train_network(
            self.family,
            proposal.config,
            self.data,
            proposal.training,
            seed=training_seed(self.settings.seed, key),
            on_epoch=on_epoch,
            on_batch=on_batch,
            stop_at=None if budget is None else budget.stop,
            checkpoint=None if budget is None else budget.folder,
        )

    def _cost_meter(self, config: Any) -> CostMeter:
        network = NetworkSpec(self.family, config, self.data.input_shape, self.data.n_outputs)
        return CostMeter(network, self.settings.penalize)
