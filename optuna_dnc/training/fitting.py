"""Training loop."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import check_interrupted, is_interruption_requested
from optuna_dnc.data import PreparedData
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.fit_result import Epoch, FitResult
from optuna_dnc.training.resuming import resume_training, save_training
from optuna_dnc.training.trainer import Trainer
from optuna_dnc.training.weights import separate


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
