"""Building and training of one network, fully seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.nets.stacking import trainable
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.fit_result import FitResult
from optuna_dnc.training.fitting import fit
from optuna_dnc.training.linear_start import start_linear_models

TIMED_BATCHES = 12
"""Batches that are timed to extrapolate the seconds of an epoch."""


@runtime_checkable
class _LearnsFromInputs(Protocol):
    """Module with state that is learned from the network's inputs before the training."""

    def fit_inputs(self, x: torch.Tensor) -> None:
        """Set the state by training inputs ``(n, *input_shape)``, on any device."""


def new_network(family: NetworkFamily, config: Any, data: PreparedData, *, seed: int) -> nn.Module:
    """Return a network on the data's device, with initial weights drawn from ``seed``.

    Modules that learn from inputs see the training samples: they have a method ``fit_inputs``.
    """
    with seeded(seed, data.device):
        network = family.build(config, data.input_shape, data.n_outputs)
    for module in network.modules():
        if isinstance(module, _LearnsFromInputs):
            module.fit_inputs(data.train.x)
    return on_device(network, data.device, channels_last=family.convolutional)


def trained_network(
    family: NetworkFamily, config: Any, data: PreparedData, weights: Mapping[str, torch.Tensor]
) -> nn.Module:
    """Return a network with trained weights, in training mode on the data's device.

    Raises:
        InputError: The weights are too few for the network, which is then not built.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    check_no_larger(family, config, data.input_shape, data.n_outputs, shapes)
    network = new_network(family, config, data, seed=0)
    network.load_state_dict(weights)
    return network


def on_device(network: nn.Module, device: torch.device, *, channels_last: bool) -> nn.Module:
    """Move a network to a device, in the memory format of its family."""
    if channels_last:
        return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
    return network.to(device)


def train_network(
    family: NetworkFamily,
    config: Any,
    data: PreparedData,
    training: TrainingConfig,
    *,
    seed: int,
    on_epoch: Callable[[FitResult], None] | None = None,
    on_batch: Callable[[], None] = lambda: None,
    is_late: Callable[[], bool] = lambda: False,
    stop_at: int | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int | None = None,
) -> FitResult:
    """Build and train a network; the same arguments give the same weights on the same machine.

    Torch's global random state is restored afterwards. A training can be split: with a
    checkpoint, ``stop_at=3`` and later, in any process, ``stop_at=9`` give the same as
    ``stop_at=9`` at once, and train no epoch twice.

    Args:
        family: Network family of the config.
        config: The network.
        data: Prepared data.
        training: Training hyperparameters.
        seed: Seed of initial weights, order of samples, dropout, augmentation and mixup.
        on_epoch: See :func:`optuna_dnc.training.fit`.
        on_batch: Called after each step of the optimizer.
        is_late: See :func:`optuna_dnc.training.fit`.
        stop_at: Stop after this epoch; the learning rate schedule is that of ``training.epochs``.
        checkpoint: Folder of this training alone: resume from its checkpoint, and leave one when
            training stops.
        checkpoint_every: Epochs between checkpoints, which a killed process loses at most; None
            writes one at the end only.

    Raises:
        CheckpointError: The checkpoint is damaged, of another training, or past ``stop_at``.
    """
    saved = None
    if checkpoint is not None:
        owner = {"network": family.name, "config": asdict(config)}
        saved = Checkpoint(Path(checkpoint), owner, checkpoint_every)
    # What the networks of folds learn from inputs is the same.
    networks = [
        new_network(family, config, data, seed=seed + number)
        for number in range(len(data.folds) or 1)
    ]
    start_linear_models(networks, data)
    with seeded(seed + 1, data.device):
        return fit(
            trainable(networks),
            data,
            training,
            seed=seed,
            on_epoch=on_epoch,
            on_batch=on_batch,
            is_late=is_late,
            stop_at=stop_at,
            checkpoint=saved,
        )


def time_epoch(
    family: NetworkFamily,
    config: Any,
    data: PreparedData,
    training: TrainingConfig,
    *,
    n_batches: int = TIMED_BATCHES,
) -> float:
    """Return the seconds of one epoch of training, extrapolated from a few batches.

    For the baseline, the largest network of a space: on a CPU one epoch of it can take longer
    than the whole search of smaller ones.
    """
    size = min(len(data.train), n_batches * training.batch_size)
    sample = replace(
        data,
        train=data.train[:size],
        val=replace(data.val[:1], weights=None),
        metric=None,  # of which one sample may have none
        folds=tuple(torch.full((1,), size, device=fold.device) for fold in data.folds),
    )
    # Two epochs: the first one warms up and does not count.
    timed = train_network(
        family, config, sample, training.model_copy(update={"epochs": 2}), seed=0
    )
    return timed.t_epoch * len(data.train) / size


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators within the block, and restore them afterwards."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        if device.type == "cpu":
            # torch.manual_seed seeds all devices, and notes where it was called for each of them:
            # five folds of a small network take longer to seed than to build.
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)
        yield
