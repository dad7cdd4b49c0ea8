"""Building, training and testing of one network, fully seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import check_interrupted, is_interruption_requested
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.nets.stacking import trainable
from optuna_dnc.objectives import Score
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.fit_result import Epoch, FitResult
from optuna_dnc.training.linear_start import start_linear_models
from optuna_dnc.training.resuming import resume_training, save_training
from optuna_dnc.training.scoring import Scorer
from optuna_dnc.training.trainer import Trainer
from optuna_dnc.training.weights import separate

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


def fit(
    model: nn.Module,
    data: PreparedData,
    config: TrainingConfig,
    *,
    seed: int,
    on_epoch: Callable[[FitResult], None] | None = None,
    on_batch: Callable[[], None] = lambda: None,
    is_late: Callable[[], bool] = lambda: False,
    stop_at: int | None = None,
    checkpoint: Checkpoint | None = None,
) -> FitResult:
    """Train ``model`` in place and return its epochs with the weights of one of them.

    A NaN or infinite loss, in training or validation, ends the training at the end of that
    epoch: losses stay on the device until then, because reading one in every batch takes longer
    than the rest of a small network's step.

    Args:
        model: Network on ``data.device``; keeps the weights of the last step, not averaged. Or a
            stack of networks, one for each fold of the data: the result is their mean, with the
            weights of each. The networks of an ensemble come as a stack, too.
        data: Prepared data.
        config: Training hyperparameters.
        seed: Seed of the order of samples, of augmentation and mixup. Dropout draws from torch's
            global generator; :func:`optuna_dnc.training.train_network` seeds a whole training.
        on_epoch: Called after each epoch with the result so far; an exception, such as
            ``optuna.TrialPruned``, ends the training. Epochs of a resumed checkpoint are not
            reported again.
        on_batch: Called after each step of the optimizer.
        is_late: Called after each step; once true, the training ends with a validation, and its
            result is marked as cut.
        stop_at: Stop after this epoch, counted from the very first; the learning rate schedule is
            still that of ``config.epochs``. None trains all epochs.
        checkpoint: Resume from this checkpoint if it exists, to the same weights and metrics as
            without the interruption, and write it when training ends. Torch's global generators
            are set to its state.

    Returns:
        All epochs, including those before the checkpoint, and the weights of the one that
        ``config.keep`` chooses.

    Raises:
        CheckpointError: The checkpoint is damaged, of another training, or past ``stop_at``.
    """
    last = config.epochs if stop_at is None else stop_at
    if not 1 <= last <= config.epochs:
        raise InputError(
            f"stop_at must be from 1 to the {config.epochs} epochs of the training, got "
            f"{stop_at}; raise epochs to train longer."
        )
    trainer = Trainer(model, data, config, seed, on_batch, is_late)
    result = FitResult(data.task, metric=data.metric)
    if checkpoint is not None:
        result = resume_training(checkpoint, trainer) or result
        done = len(result.epochs)
        if done > last:
            raise checkpoint.error(f"has {done} epochs already, more than stop_at, {last}")
        checkpoint.make_folder()
    while not _is_over(result, config, last):
        epoch = trainer.epoch(len(result.epochs))
        result.epochs.append(epoch)
        result.is_cut = epoch.share < 1 or (epoch.number < last and is_late())
        if epoch.is_usable and _is_kept(epoch, result.best, config):
            result.best = epoch
            with trainer.final_weights():
                result.weights, *result.weights_of_folds = (
                    separate(network.state_dict()) for network in trainer.samples.networks
                )
        if on_epoch is not None:
            on_epoch(result)
        is_whole = epoch.share == 1  # from a part of an epoch no training can resume
        is_due = _is_over(result, config, last) or is_interruption_requested()
        if checkpoint and is_whole and (is_due or checkpoint.is_due(epoch.number)):
            save_training(checkpoint, trainer, result)
        check_interrupted()
    return result


def _is_kept(epoch: Epoch, best: Epoch | None, config: TrainingConfig) -> bool:
    """Return whether to keep the weights of an epoch instead of those of the best before it."""
    if best is None or config.keep == "last":
        return True
    return (epoch.val_error, epoch.val_loss) < (best.val_error, best.val_loss)


def _is_over(result: FitResult, config: TrainingConfig, last: int) -> bool:
    """Return whether no epoch follows.

    The last has run or diverged, time is up, or patience is exhausted.
    """
    if not result.epochs:
        return False
    if result.is_cut:
        return True
    epoch = result.epochs[-1]
    best = result.best.number if result.best else 0
    return epoch.number >= last or not epoch.is_usable or config.is_over(epoch.number, best)


def on_test_set(
    family: NetworkFamily, config: Any, weights: dict[str, torch.Tensor], data: PreparedData
) -> Score | None:
    """Return the score of a network on the test set; None if there is none."""
    if not data.n_test:
        return None
    network = trained_network(family, config, data, weights)
    scorer = Scorer.of(data)
    measured = evaluate(network, data.test, data.task, data.device, scorer)
    return measured.score(scorer.metric)
