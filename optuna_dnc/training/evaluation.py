"""Evaluation of a network on a set of samples, in batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import Samples, weighted_batches
from optuna_dnc.objectives import Metric, Score
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.scoring import Scorer

EVALUATION_BATCH = 1024
"""Samples in a batch: large enough for speed, small enough for any memory.

The original evaluates the whole validation set at once: 1.5 GB for 4,000 images.
"""


class Evaluation(NamedTuple):
    """Error, loss and metric of a network on a set of samples."""

    error: float
    """By default 1 - accuracy as a fraction, or the MSE of the standardized targets; see
    :meth:`optuna_dnc.objectives.Metric.error`."""
    loss: float
    """Mean cross-entropy, or that MSE; NaN or infinite for a diverged network."""
    value: float
    """The metric in its own unit; NaN for a diverged network."""
    accuracy: float
    """Accuracy as a fraction; NaN for regression."""

    def score(self, metric: Metric) -> Score:
        """Return the score by the metric that it was evaluated with."""
        value = None if math.isnan(self.value) else self.value
        accuracy = None if math.isnan(self.accuracy) else self.accuracy
        return Score(self.error, metric.name, value, accuracy)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off and freeze batch norm; restore the mode afterwards."""
    with torch.inference_mode():
        if not model.training:  # for one sample, a walk through its modules takes twice its time
            yield
            return
        model.eval()
        try:
            yield
        finally:
            model.train()


def loss_sum(
    outputs: torch.Tensor,
    targets: torch.Tensor,
    task: str,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the loss summed over the batch, of several targets or labels their mean."""
    criterion = learning_task(task).criterion()
    reduction = "sum" if weights is None else "none"
    if targets.dim() == 1:
        loss = criterion(outputs, targets, reduction=reduction)
        return loss if weights is None else (loss * weights).sum()
    if outputs.shape != targets.shape:  # torch would broadcast (n,) and (n, 1) to (n, n)
        raise InputError(
            f"for targets of shape {tuple(targets.shape)}, the network has outputs of shape "
            f"{tuple(outputs.shape)}; build() must return a module that gives (n, n_outputs)."
        )
    loss = criterion(outputs, targets, reduction=reduction)
    if weights is not None:
        loss = (loss * _like(weights, loss)).sum()
    return loss / targets.shape[1]


def evaluate(
    model: nn.Module,
    samples: Samples,
    task: str,
    device: torch.device,
    scorer: Scorer | None = None,
) -> Evaluation:
    """Return error and loss of ``model`` in evaluation mode.

    Args:
        model: Maps ``(n, *input_shape)`` float32 to ``(n, n_outputs)``.
        samples: Normalized inputs with encoded targets, and weights if they have some.
        task: ``classification``, ``multilabel`` or ``regression``.
        device: Device of the model.
        scorer: Metric of the error, :meth:`Scorer.of` the data; None for the default one.
    """
    learned, weights = learning_task(task), samples.weights
    loss = torch.zeros((), device=device)
    wrong = torch.zeros((), device=device, dtype=torch.int64 if weights is None else None)
    kept: list[torch.Tensor] | None = [] if scorer is not None and scorer.uses_outputs else None
    with evaluation_mode(model):
        for x, y, w in weighted_batches(samples, batch_size=EVALUATION_BATCH, device=device):
            outputs = model(x).float()
            loss += loss_sum(outputs, y, task, w)
            if (mistakes := learned.mistakes(outputs, y)) is not None:
                wrong += mistakes.sum() if w is None else (mistakes * _like(w, mistakes)).sum()
            if kept is not None:
                kept.append(outputs)
    total = len(samples) if weights is None else weights.sum().item()
    mean_loss = loss.item() / total
    error, accuracy = mean_loss, math.nan
    if learned.predicts_labels:
        error = wrong.item() / (total * (1 if samples.y.dim() == 1 else samples.y.shape[1]))
        accuracy = 1 - error
    if scorer is None:
        return Evaluation(error, mean_loss, 1 - error, accuracy)
    if kept is None:
        error, value = scorer.of_means(error, mean_loss)
        return Evaluation(error, mean_loss, value, accuracy)
    if not math.isfinite(mean_loss):  # of outputs that scikit-learn's functions refuse
        return Evaluation(scorer.metric.worst, mean_loss, math.nan, accuracy)
    error, value = scorer.of_votes(votes(torch.cat(kept).cpu(), task).numpy(), samples)
    return Evaluation(error, mean_loss, value, accuracy)


def _like(weights: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return weights of samples, ``(n,)``, so that they multiply their rows."""
    return weights if values.dim() == 1 else weights[:, None]


def outputs_of(model: nn.Module, x: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return outputs ``(n, n_outputs)`` on the CPU for inputs ``(n, *input_shape)``."""
    with evaluation_mode(model):
        if len(x) <= EVALUATION_BATCH:
            return _outputs(model, x, device)
        return torch.cat(
            [_outputs(model, part, device) for part in torch.split(x, EVALUATION_BATCH)]
        )


def _outputs(model: nn.Module, x: torch.Tensor, device: torch.device) -> torch.Tensor:
    outputs: torch.Tensor = model(x.to(device))
    return outputs.float().cpu()


def votes(outputs: torch.Tensor, task: str) -> torch.Tensor:
    """Return what an ensemble averages over its networks, float64 of the shape of ``outputs``.

    Probabilities of labels, the outputs themselves for regression.
    """
    # In float32, different outputs can have equal probabilities, which changes the label.
    return learning_task(task).answers(outputs.double())
