"""Evaluation of a network on a set of samples, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from optuna_dnc._errors import InputError
from optuna_dnc.data import Samples, batches

EVALUATION_BATCH = 1024
"""Samples in a batch: large enough for speed, small enough for any memory.

The original evaluates the whole validation set at once: 1.5 GB for 4,000 images.
"""


class Evaluation(NamedTuple):
    """Error and loss of a network on a set of samples."""

    error: float
    """1 - accuracy as a fraction, or the MSE of the standardized targets."""
    loss: float
    """Mean cross-entropy, or the same MSE; NaN or infinite for a diverged network."""


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


def loss_sum(outputs: torch.Tensor, targets: torch.Tensor, task: str) -> torch.Tensor:
    """Return the cross-entropy, or the target-averaged squared error, summed over the batch."""
    if task == "classification":
        return functional.cross_entropy(outputs, targets, reduction="sum")
    if outputs.shape != targets.shape:  # torch would broadcast (n,) and (n, 1) to (n, n)
        raise InputError(
            f"the network answers {tuple(targets.shape)} targets with outputs of shape "
            f"{tuple(outputs.shape)}; build() must return a module that gives (n, n_outputs)."
        )
    return functional.mse_loss(outputs, targets, reduction="sum") / targets.shape[1]


def evaluate(model: nn.Module, samples: Samples, task: str, device: torch.device) -> Evaluation:
    """Return error and loss of ``model`` in evaluation mode.

    Args:
        model: Maps ``(n, *input_shape)`` float32 to ``(n, n_outputs)``.
        samples: Normalized inputs with encoded targets.
        task: ``classification`` or ``regression``.
        device: Device of the model.
    """
    loss = torch.zeros((), device=device)
    wrong = torch.zeros((), device=device, dtype=torch.int64)
    with evaluation_mode(model):
        for x, y in batches(samples, batch_size=EVALUATION_BATCH, device=device):
            outputs = model(x).float()
            loss += loss_sum(outputs, y, task)
            if task == "classification":
                wrong += (outputs.argmax(1) != y).sum()
    mean_loss = loss.item() / len(samples)
    error = wrong.item() / len(samples) if task == "classification" else mean_loss
    return Evaluation(error, mean_loss)


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
