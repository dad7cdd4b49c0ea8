"""One trial of a search: train the configuration, or take over what is known of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from optuna_dnc.search.folder import RunFolder
from optuna_dnc.search.records import Ledger, Record, configuration_key, training_seed
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.training import FitResult, TrainingConfig, train_network


class TimeIsUp(Exception):  # noqa: N818 - no error: the search ends as it was asked to
    """No further training would end before the deadline."""


@dataclass
class TrialRunner:
    """Runs trials of every stage; holds what they share."""

    family: NetworkFamily
    data: PreparedData
    settings: SearchSettings
    baseline: Baseline
    folder: RunFolder
    ledger: Ledger
    deadline: float | None
    """On the clock of ``time.monotonic()``; None has no end."""

    def check_time(self) -> None:
        """Raise :class:`TimeIsUp` if another training would not end before the deadline.

        The first training of a search always runs, so that there is a network at the end.
        """
        typical = self.ledger.typical_training
        if self.deadline is None or typical is None:
            return
        if time.monotonic() + typical > self.deadline:
            raise TimeIsUp

    def default_training(self, config: Any) -> TrainingConfig:
        """How stages 1 and 2 train a network."""
        return self.settings.training(self.family.default_weight_decay(self._n_params(config)))

    def run(
        self,
        study: optuna.Study,
        trial: optuna.Trial,
        stage: str,
        config: Any,
        training: TrainingConfig,
    ) -> Record:
        """Measure a configuration and tell the study.

        The weights of a new leader are on the disk before its trial is told, so that a search
        killed in between trains this trial again rather than losing its weights.
        """
        start = time.perf_counter()
        key = configuration_key(self.family.name, config, training)
        known = self.ledger.find(key)
        measured = known.measured if known else self._train(trial, config, training, key)
        record = Record(
            stage=stage,
            trial_number=trial.number,
            loss=self._loss(measured),
            config=dataclasses.asdict(config),
            training=training.model_dump(),
            description=str(config),
            key=key,
            measured=measured,
            reused_from=known.place if known else None,
            seconds=time.perf_counter() - start,
        )
        for name, value in record.to_attributes().items():
            trial.set_user_attr(name, value)
        study.tell(trial, record.loss)
        self.ledger.add(record)
        self.folder.keep_only(self.ledger.best.key)
        return record

    def retrain(self, record: Record) -> FitResult:
        """Train a recorded configuration again: same seed, same weights on the same machine."""
        return self._fit(
            self.family.config_from_dict(record.config),
            TrainingConfig(**record.training),
            record.key,
        )

    def _train(
        self, trial: optuna.Trial, config: Any, training: TrainingConfig, key: str
    ) -> Measurement:
        n_params = self._n_params(config)
        # A trial that was interrupted has reported some epochs already.
        reported = reported_steps(trial)

        def report(so_far: FitResult) -> None:
            epoch = so_far.epochs[-1].number
            if epoch not in reported:
                trial.report(self._loss(so_far.measurement(n_params)), epoch)

        try:
            result = self._fit(config, training, key, report)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return unusable(self.data.task, n_params, "out-of-memory")
        measured = result.measurement(n_params)
        if measured.is_usable and self._leads(measured):
            self.folder.save_checkpoint(key, result.weights)
        return measured

    def _fit(
        self,
        config: Any,
        training: TrainingConfig,
        key: str,
        on_epoch: Callable[[FitResult], None] | None = None,
    ) -> FitResult:
        seed = training_seed(self.settings.seed, key)
        return train_network(
            self.family, config, self.data, training, seed=seed, on_epoch=on_epoch
        )

    def _leads(self, measured: Measurement) -> bool:
        if not self.ledger.records or not self.ledger.best.measured.is_usable:
            return True
        return self._loss(measured) < self.ledger.best.loss

    def _loss(self, measured: Measurement) -> float:
        return penalized_loss(
            measured.error,
            self.baseline.complexity(measured),
            self.settings.wc,
            n_val=len(self.data.val) if self.data.task == "classification" else None,
        )

    def _n_params(self, config: Any) -> int:
        return self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
