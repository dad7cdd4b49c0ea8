"""Train the networks of an ensemble: the leaders of a search again, or snapshots of its best."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData
from optuna_dnc.ensemble.members import (
    Member,
    MemberFiles,
    MemberProgress,
    OnMember,
)
from optuna_dnc.ensemble.performance import targets_of, votes_for
from optuna_dnc.ensemble.selection import ensemble_error
from optuna_dnc.ensemble.snapshots import train_snapshots
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.objectives import Quality
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.runs.records import Record, configuration_key, training_seed
from optuna_dnc.training import (
    CheckpointError,
    FitResult,
    TrainingConfig,
    new_network,
    train_network,
)
from optuna_dnc.training.resuming import epochs_of
from optuna_dnc.training.weights import Weights


@dataclass(frozen=True)
class Candidate:
    """A trained network that an ensemble may take."""

    member: Member
    network: nn.Module
    votes: NDArray[np.float64]
    """``(n_val, n_outputs)`` for the validation samples."""


@dataclass(frozen=True)
class CandidateTrainer:
    """Trains candidates as the search trained them, unless their weights are there already."""

    family: NetworkFamily
    data: PreparedData
    seed: int
    """Of the search."""
    files: MemberFiles
    on_member: OnMember

    def leaders(self, records: list[Record]) -> list[Candidate]:
        """Train each again: same seed, same weights on the same machine."""
        return [
            self._leader(record, number, len(records))
            for number, record in enumerate(records, start=1)
        ]

    def _leader(self, record: Record, number: int, n_members: int) -> Candidate:
        file = self.files.name(record.key)
        config = self.family.config_from_dict(record.config)
        training = TrainingConfig(**record.training)
        weights = self.files.load(file, record.key)
        if weights is None:
            weights = train_network(
                self.family,
                config,
                self.data,
                training,
                seed=training_seed(self.seed, record.key),
                on_epoch=self._reporter(record.description, training, number, n_members),
            ).weights
            if not weights:
                raise InputError(
                    f"the network {record.description} diverged on this machine, though not in "
                    f"the search; give a smaller top than {number}."
                )
            self.files.save(file, record.key, weights)
        return self._candidate(
            weights,
            file=file,
            source=record.place,
            description=record.description,
            key=record.key,
            config=config,
            training=training,
            costs=record.measured.costs,
        )

    def snapshots(self, best: BestModel, training: TrainingConfig) -> list[Candidate]:
        """Train the best network once more, and take it at the end of each cycle.

        Args:
            best: The network.
            training: Its learning rate starts anew in cycles of ``restart_period`` whole epochs.
        """
        key = configuration_key(self.family.name, best.config, training)
        period = round(training.restart_period)
        files = {
            epoch: self.files.name(key, epoch)
            for epoch in range(period, training.epochs + 1, period)
        }
        snapshots = self._kept(files, key)
        if len(snapshots) < len(files):
            checkpoint = self.files.checkpoint(key, every=period)
            if not all(epoch in snapshots for epoch in files if epoch <= epochs_of(checkpoint)):
                checkpoint.delete()
            train = partial(
                train_snapshots,
                self.family,
                best.config,
                self.data,
                training,
                at=list(files),
                seed=training_seed(self.seed, key),
                keep=lambda epoch, weights: self.files.save(files[epoch], key, weights),
                checkpoint=checkpoint,
                on_epoch=self._reporter(str(best.config), training, 1, 1),
            )
            try:
                train()
            except CheckpointError as error:
                warnings.warn(f"{error} The training begins anew.", stacklevel=2)
                checkpoint.delete()
                train()
            snapshots = self._kept(files, key)
        return [
            self._candidate(
                weights,
                file=files[epoch],
                source=f"epoch {epoch}",
                description=str(best.config),
                key=key,
                config=best.config,
                training=training,
                costs=best.costs,
            )
            for epoch, weights in snapshots.items()
        ]

    def _kept(self, files: dict[int, str], key: str) -> dict[int, Weights]:
        """The snapshots of the configuration ``key`` that are there, by epoch."""
        loaded = {epoch: self.files.load(file, key) for epoch, file in files.items()}
        return {epoch: weights for epoch, weights in loaded.items() if weights is not None}

    def _reporter(
        self, description: str, training: TrainingConfig, number: int, n_members: int
    ) -> Callable[[FitResult], None]:
        def report(result: FitResult) -> None:
            done = len(result.epochs)
            self.on_member(MemberProgress(number, n_members, description, done, training.epochs))

        return report

    def _candidate(self, weights: Weights, **facts: Any) -> Candidate:
        shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        check_no_larger(
            self.family, facts["config"], self.data.input_shape, self.data.n_outputs, shapes
        )
        network = new_network(self.family, facts["config"], self.data, seed=0)
        network.load_state_dict(weights)
        val = self.data.val
        val_votes = votes_for(network, val, self.data)
        val_error = ensemble_error(val_votes, targets_of(val))
        quality = Quality(val_error, None, self.data.task == "classification")
        member = Member(**facts, quality=quality)
        return Candidate(member, network.eval(), val_votes)
