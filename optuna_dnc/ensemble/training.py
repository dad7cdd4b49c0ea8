"""Training of ensemble members: leaders of a search, or snapshots of its best network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
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
from optuna_dnc.ensemble.performance import votes_for
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.stacking import trainable
from optuna_dnc.objectives import Quality
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.runs.records import Record, configuration_key, training_seed
from optuna_dnc.training import (
    CheckpointError,
    FitResult,
    Scorer,
    TrainingConfig,
    fit,
    new_network,
    train_network,
)
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.linear_start import start_linear_models
from optuna_dnc.training.resuming import epochs_of
from optuna_dnc.training.train import seeded, trained_network
from optuna_dnc.training.weights import Weights


def cyclic_training(training: TrainingConfig, n_cycles: int) -> TrainingConfig:
    """Return the training with ``n_cycles`` cosine cycles of ``epochs // n_cycles`` epochs.

    In each cycle the learning rate falls from its initial value to 0 (Huang et al., ICLR 2017,
    equation 2). Unlike the paper, which uses SGD from 0.1 or 0.2, optimizer and initial learning
    rate are those of the search.

    Raises:
        InputError: There are more cycles than epochs.
    """
    period = training.epochs // n_cycles
    if period < 1:
        raise InputError(
            f"snapshots must be at most {training.epochs}, the number of epochs of a training "
            f"run, got "
            f"{n_cycles}; lower it."
        )
    return training.model_copy(
        update={
            "epochs": period * n_cycles,
            "schedule": "cosine-restarts",
            "restart_period": float(period),
            "restart_factor": 1.0,
            "patience": None,
            "averaging": 0.0,
        }
    )


def train_snapshots(
    family: NetworkFamily,
    config: Any,
    data: PreparedData,
    training: TrainingConfig,
    *,
    at: Sequence[int],
    seed: int,
    keep: Callable[[int, Weights], None],
    checkpoint: Checkpoint,
    on_epoch: Callable[[FitResult], None],
) -> None:
    """Train a network, from its checkpoint if there is one, and keep snapshots of its weights.

    Args:
        family: Network family of the config.
        config: Config of the network.
        data: Data of the search.
        training: Training from :func:`cyclic_training`.
        at: Epochs after which weights are kept.
        seed: Seed of the training.
        keep: Called with each of these epochs and its weights, before its checkpoint is written.
        checkpoint: Checkpoint to resume from.
        on_epoch: Called after each epoch that is trained.

    Raises:
        InputError: The training diverged before the last snapshot.
    """

    def keep_some(result: FitResult) -> None:
        epoch = result.epochs[-1]
        if epoch.number in at and epoch.is_usable:
            keep(epoch.number, network.state_dict())
        on_epoch(result)

    network = new_network(family, config, data, seed=seed)
    start_linear_models([network], data)
    with seeded(seed + 1, data.device):
        model = trainable([network])
        result = fit(model, data, training, seed=seed, on_epoch=keep_some, checkpoint=checkpoint)
    n_usable = sum(epoch.number in at and epoch.is_usable for epoch in result.epochs)
    checkpoint.delete()
    if n_usable < len(at):
        raise InputError(
            f"snapshots: the training diverged at learning rate {training.lr:g}, which restarts "
            f"with each of the {len(at)} snapshots; lower their number, or drop them."
        )


@dataclass(frozen=True)
class Candidate:
    """Trained network that may become a member."""

    member: Member
    network: nn.Module
    votes: NDArray[np.float64]
    """``(n_val, n_outputs)`` votes for the validation samples."""


@dataclass(frozen=True)
class CandidateTrainer:
    """Trains candidates as the search did, unless their weights are in the folder."""

    family: NetworkFamily
    data: PreparedData
    seed: int
    """Seed of the search."""
    files: MemberFiles
    on_member: OnMember

    def leaders(self, records: list[Record]) -> list[Candidate]:
        """Train each network again: same seed, same weights on the same machine."""
        return [
            self._leader(record, self.trained(record, number, len(records)))
            for number, record in enumerate(records, start=1)
        ]

    def trained(self, record: Record, number: int, n_members: int) -> Weights:
        """Return the weights of a leader, and train it if they were not kept.

        Args:
            record: Its record.
            number: Its rank, from 1.
            n_members: Number of leaders.
        """
        file = self.files.name(record.key)
        training = TrainingConfig(**record.training)
        weights = self.files.load(file, record.key)
        if weights is None:
            weights = train_network(
                self.family,
                self.family.config_from_dict(record.config),
                self.data,
                training,
                seed=training_seed(self.seed, record.key),
                on_epoch=self._reporter(record.description, training, number, n_members),
            ).weights
            if not weights:
                raise InputError(
                    f"top: network {number}, {record.description}, diverged on this machine, "
                    f"unlike in the search; give a top below {number}."
                )
            self.files.save(file, record.key, weights)
        return weights

    def _leader(self, record: Record, weights: Weights) -> Candidate:
        return self._candidate(
            weights,
            file=self.files.name(record.key),
            source=record.label,
            description=record.description,
            key=record.key,
            config=self.family.config_from_dict(record.config),
            training=TrainingConfig(**record.training),
            costs=record.measured.costs,
        )

    def snapshots(self, best: BestModel, training: TrainingConfig) -> list[Candidate]:
        """Train the best network again, with a snapshot at the end of each cycle.

        Args:
            best: Best network of the search.
            training: Training from :func:`cyclic_training`.
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
                warnings.warn(f"{error} The training starts again.", stacklevel=2)
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
        """Return the saved snapshots of the configuration ``key``, by epoch."""
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
        network = trained_network(self.family, facts["config"], self.data, weights)
        val = self.data.val
        val_votes = votes_for(network, val, self.data)
        quality = Quality(Scorer.of(self.data).score(val_votes, val), None)
        member = Member(**facts, quality=quality)
        return Candidate(member, network.eval(), val_votes)
