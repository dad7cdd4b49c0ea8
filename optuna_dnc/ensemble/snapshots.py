"""Snapshots of one training, taken where its learning rate has come down to 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.training import FitResult, TrainingConfig, fit, new_network
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.train import seeded
from optuna_dnc.training.weights import Weights


def cyclic_training(training: TrainingConfig, n_cycles: int) -> TrainingConfig:
    """The same training with ``n_cycles`` cosines, each ``epochs // n_cycles`` epochs long.

    The learning rate of Huang et al. (ICLR 2017), equation 2: in each cycle it goes from its
    start to 0. Optimizer and first learning rate stay those that were found, where the paper has
    SGD from 0.1 or 0.2.

    Raises:
        InputError: There are more cycles than epochs.
    """
    period = training.epochs // n_cycles
    if period < 1:
        raise InputError(
            f"snapshots: {n_cycles} cycles do not fit into the {training.epochs} epochs of a "
            f"training; give at most {training.epochs}."
        )
    return training.model_copy(
        update={
            "epochs": period * n_cycles,
            "schedule": "cosine-restarts",
            "restart_period": float(period),
            "restart_factor": 1.0,
            "patience": None,
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
    """Train a network, from a checkpoint if there is one, and keep its weights on the way.

    Args:
        family: Where the config is from.
        config: The network.
        data: As in the search.
        training: See :func:`cyclic_training`.
        at: Epochs after which weights are kept.
        seed: Of the training.
        keep: Called with such an epoch and its weights, before a checkpoint is written there.
        checkpoint: Where to go on from.
        on_epoch: Called after each epoch that is trained.

    Raises:
        InputError: The training diverged before the last of them.
    """

    def keep_some(result: FitResult) -> None:
        epoch = result.epochs[-1]
        if epoch.number in at and epoch.is_usable:
            keep(epoch.number, network.state_dict())
        on_epoch(result)

    network = new_network(family, config, data, seed=seed)
    with seeded(seed + 1, data.device):
        result = fit(network, data, training, seed=seed, on_epoch=keep_some, checkpoint=checkpoint)
    n_usable = sum(epoch.number in at and epoch.is_usable for epoch in result.epochs)
    checkpoint.delete()
    if n_usable < len(at):
        raise InputError(
            f"snapshots: the training diverged, because learning rate {training.lr:g} comes back "
            f"at the start of every cycle; give fewer snapshots than {len(at)}, or leave them out."
        )
