"""The training loop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from optuna_dnc.data import PreparedData, augment, batches
from optuna_dnc.objectives import WORST_ERROR, Measurement
from optuna_dnc.training.adam import FusedAdam
from optuna_dnc.training.config import TrainingConfig, learning_rate_factor
from optuna_dnc.training.evaluation import evaluate


class Epoch(NamedTuple):
    """One epoch, as it is reported."""

    number: int
    """Counted from 1."""
    train_loss: float
    """Mean over the batches, dropout and augmentation on."""
    val_error: float
    """1 - accuracy, or normalised MSE."""
    val_loss: float
    train_seconds: float
    eval_seconds: float

    @property
    def is_usable(self) -> bool:
        """Whether no loss was NaN or infinite."""
        return math.isfinite(self.train_loss) and math.isfinite(self.val_loss)


@dataclass
class FitResult:
    """A finished training."""

    task: str
    epochs: list[Epoch] = field(default_factory=list)
    """Every epoch that ran."""
    best: Epoch | None = None
    """The first epoch with the lowest validation error; None if none was usable."""
    weights: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)
    """State of the network after the best epoch, on the CPU."""

    @property
    def t_epoch(self) -> float:
        """Median seconds of training per epoch, the first left out unless it is the only one."""
        return typical_seconds([epoch.train_seconds for epoch in self.epochs])

    @property
    def error(self) -> float:
        """``f_p``: the best validation error."""
        worst = WORST_ERROR[self.task]
        return worst if self.best is None else min(self.best.val_error, worst)

    def measurement(self, n_params: int) -> Measurement:
        """What a trial records of this training."""
        return Measurement(
            error=self.error,
            val_accuracy=1 - self.error if self.task == "classification" else None,
            t_epoch=self.t_epoch,
            n_params=n_params,
            epochs_run=len(self.epochs),
            best_epoch=self.best.number if self.best else 0,
            train_seconds=sum(epoch.train_seconds for epoch in self.epochs),
            eval_seconds=sum(epoch.eval_seconds for epoch in self.epochs),
            status="ok" if self.epochs[-1].is_usable else "diverged",
        )


def typical_seconds(seconds: list[float]) -> float:
    """Median of the durations, the first (warm-up) left out unless it is the only one."""
    return statistics.median(seconds[1:] or seconds)


def fit(
    model: nn.Module,
    data: PreparedData,
    config: TrainingConfig,
    *,
    seed: int,
    on_epoch: Callable[[FitResult], None] | None = None,
) -> FitResult:
    """Train ``model`` in place and keep the weights of its best epoch.

    A NaN or infinite loss, in training or validation, ends the training at the end of that
    epoch: losses stay on the device until then, because reading one in every batch costs more
    than the rest of a small network's step.

    Args:
        model: Network on ``data.device``; left with the weights of the last epoch.
        data: Prepared data; the validation part decides which epoch is best.
        config: Epochs, batch size, learning rate and so on.
        seed: Order of the samples and augmentation. Dropout draws from torch's global generator;
            see :func:`optuna_dnc.training.train_network` for a training seeded as a whole.
        on_epoch: Called after each epoch with what there is so far; whatever it raises, such as
            ``optuna.TrialPruned``, ends the training.

    Returns:
        Every epoch, and the best one's weights.
    """
    trainer = _Trainer(model, data, config, seed)
    result = FitResult(data.task)
    for done in range(config.epochs):
        epoch = trainer.epoch(done)
        result.epochs.append(epoch)
        if epoch.is_usable and (result.best is None or epoch.val_error < result.best.val_error):
            result.best = epoch
            result.weights = {
                name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()
            }
        if on_epoch is not None:
            on_epoch(result)
        if not epoch.is_usable:
            break
        best = result.best.number if result.best else 0
        if config.patience is not None and epoch.number - best >= config.patience:
            break
    return result


class _Trainer:
    """What stays the same over the epochs of one training."""

    def __init__(
        self, model: nn.Module, data: PreparedData, config: TrainingConfig, seed: int
    ) -> None:
        self.model = model
        self.data = data
        self.config = config
        self.optimizer = FusedAdam(
            model.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        self.generator = torch.Generator(data.train.x.device).manual_seed(seed)
        self.augmentation = torch.Generator(data.device).manual_seed(seed)
        self.augment = config.augment and len(data.input_shape) == 3
        self.loss = (
            functional.cross_entropy if data.task == "classification" else functional.mse_loss
        )

    def epoch(self, done: int) -> Epoch:
        """Train one epoch after ``done`` others, then validate."""
        self.optimizer.lr = self.config.lr * learning_rate_factor(done, self.config.epochs)
        start = self._now()
        train_loss = self._train()
        trained = self._now()
        error, val_loss = evaluate(self.model, self.data.val, self.data.task, self.data.device)
        return Epoch(done + 1, train_loss, error, val_loss, trained - start, self._now() - trained)

    def _train(self) -> float:
        model, optimizer, loss_function = self.model.train(), self.optimizer, self.loss
        device = self.data.device
        precision = (
            torch.autocast(device.type, torch.bfloat16) if self.config.bf16 else nullcontext()
        )
        losses = []
        for x, y in batches(
            self.data.train,
            batch_size=self.config.batch_size,
            device=device,
            generator=self.generator,
        ):
            if self.augment:
                x = augment(x, generator=self.augmentation)
            optimizer.zero_grad()
            with precision:
                loss = loss_function(model(x), y)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).mean().item()

    def _now(self) -> float:
        if self.data.device.type == "cuda":
            torch.cuda.synchronize(self.data.device)
        return time.perf_counter()
