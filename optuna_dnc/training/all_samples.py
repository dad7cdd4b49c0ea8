"""Training on training and validation samples together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.stacking import trainable
from optuna_dnc.training import FitResult, TrainingConfig, fit, new_network
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.linear_start import start_linear_models
from optuna_dnc.training.train import seeded


def train_on_all(
    family: NetworkFamily,
    config: object,
    data: PreparedData,
    training: TrainingConfig,
    *,
    seed: int,
    stop_at: int | None = None,
    on_epoch: Callable[[FitResult], None] | None = None,
    on_batch: Callable[[], None] = lambda: None,
    is_late: Callable[[], bool] = lambda: False,
    checkpoint: Checkpoint | None = None,
) -> tuple[nn.Module, FitResult]:
    """Train a network on all samples but the test set.

    Without a validation error there is no best epoch and no early stopping: the weights are those
    of the last epoch, and ``patience`` is ignored.

    Args:
        family: Network family of the config.
        config: The network.
        data: Split as in the search; its preprocessing stays unchanged.
        training: Training hyperparameters.
        seed: See :func:`optuna_dnc.training.train_network`.
        stop_at: Stop after this epoch; the learning rate is that of ``training.epochs``.
        on_epoch: See :func:`optuna_dnc.training.fit`.
        on_batch: Called after each step of the optimizer.
        is_late: See :func:`optuna_dnc.training.fit`.
        checkpoint: See :func:`optuna_dnc.training.fit`.

    Returns:
        The network, and its epochs, whose validation error is meaningless.
    """
    network = new_network(family, config, data, seed=seed)
    every = with_validation_samples(data)
    start_linear_models([network], every)
    with seeded(seed + 1, data.device):
        result = fit(
            trainable([network]),
            every,
            training.model_copy(update={"patience": None, "keep": "last"}),
            seed=seed,
            stop_at=stop_at,
            on_epoch=on_epoch,
            on_batch=on_batch,
            is_late=is_late,
            checkpoint=checkpoint,
        )
    if result.weights:
        network.load_state_dict(result.weights)
    return network, result


def with_validation_samples(data: PreparedData) -> PreparedData:
    """Return the data with the validation samples among those that are trained on."""
    val = data.val
    # An epoch ends with a validation; one sample is enough for a value that is never read, and
    # too little for some metrics.
    return replace(data, train=data.pool, val=Samples(val.x[:1], val.y[:1]), metric=None, folds=())
