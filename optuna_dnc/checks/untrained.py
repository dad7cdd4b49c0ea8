"""Checks of an untrained network: loss, gradients, independence of samples."""

from __future__ import annotations

import math
import statistics

import torch

from optuna_dnc.checks.candidate import Candidate
from optuna_dnc.checks.report import Finding, finite
from optuna_dnc.data import PreparedData
from optuna_dnc.tasks import learning_task
from optuna_dnc.training import evaluate
from optuna_dnc.training.evaluation import evaluation_mode, loss_sum

N_NETWORKS = 5
"""Networks whose initial losses are averaged: outputs of one share a random offset."""

BATCH = 256

BATCH_VALUES = 2**21
"""Largest number of values in a batch: 256 photographs would take minutes."""

MOST_ABOVE = 2.0
"""Excess of an initial cross-entropy over that of equal probabilities that is normal. He-normal
weights in the last layer give outputs of variance 2, an excess of about 1."""

MOST_TIMES = 6.0
"""Initial MSE, over its expected value of 1, that is normal; outputs of variance 2 give 3."""

TOLERANCE = 1e-2
"""Relative difference of outputs that are summed in another order; 1e-6 in float32, more in the
TensorFloat-32 of convolutions on GPUs."""


def check_first_loss(candidate: Candidate) -> Finding:
    """Check that the loss of random weights is little above that of equal probabilities."""
    name, data = "loss before training", candidate.data
    sample = data.train[: batch_size(data)]
    losses = [
        evaluate(candidate.build(seed), sample, data.task, data.device).loss
        for seed in range(N_NETWORKS)
    ]
    loss = statistics.mean(losses)
    task = learning_task(data.task)
    if task.predicts_labels:
        expected = _loss_of_zeros(data)
        highest = expected + MOST_ABOVE
        seen = f"{task.loss_title} {loss:.3f}; equal probabilities have {expected:.3f}"
    else:
        expected, highest = 1.0, MOST_TIMES
        seen = f"MSE {loss:.3f}; predicting the mean has 1"
    details = {"loss": finite(loss), "expected": expected}
    if not math.isfinite(loss):
        advice = "The outputs overflow; look for extreme values in the features."
        return Finding(name, seen, "failure", advice, details)
    if loss <= highest:
        return Finding(name, f"{seen}, random weights at most {highest:.3f}", details=details)
    advice = (
        f"At most {highest:.3f} is usual: the outputs are too large at the start. Look for "
        "extreme values in the features, or in the weights of a network family of your own."
    )
    return Finding(name, seen, "warning", advice, details)


def _loss_of_zeros(data: PreparedData) -> float:
    outputs = torch.zeros((1, data.n_outputs), dtype=torch.float64)
    y = data.train.y[:1].cpu()
    y = y.double() if y.is_floating_point() else y
    return loss_sum(outputs, y, data.task).item()


def check_gradients(candidate: Candidate) -> Finding:
    """Check that a gradient reaches every parameter."""
    name = "gradients"
    network = candidate.build(0).eval()  # without dropout, which removes gradients at random
    x, y = _batch(candidate.data)
    outputs = network(x).float()
    loss_sum(outputs, y, candidate.data.task).backward()  # type: ignore[no-untyped-call]
    parameters = dict(network.named_parameters())
    without = [
        parameter
        for parameter, tensor in parameters.items()
        if tensor.requires_grad and not _is_useful(tensor.grad)
    ]
    details = {"without": without}
    seen = (
        f"{len(parameters) - len(without)} of {len(parameters)} weights and biases have a gradient"
    )
    if not without:
        return Finding(name, seen, details=details)
    advice = (
        f"No finite gradient other than 0 reaches {', '.join(without[:3])}, which will never "
        "learn; check that the network uses it, and that its activations are not all 0."
    )
    return Finding(name, seen, "failure", advice, details)


def _is_useful(gradient: torch.Tensor | None) -> bool:
    return gradient is not None and bool(gradient.isfinite().all()) and bool(gradient.any())


def check_independence(candidate: Candidate) -> Finding:
    """Check that a sample's outputs do not depend on the other samples of the batch."""
    name = "independent samples"
    network = candidate.build(0)
    x, _ = _batch(candidate.data)
    with evaluation_mode(network):
        alone, together = network(x[:1]).float(), network(x).float()[:1]
    scale = max(1.0, together.abs().max().item())
    difference = (alone - together).abs().max().item() / scale
    details = {"difference": finite(difference)}
    if difference <= TOLERANCE:
        return Finding(name, "same outputs alone as in a batch", details=details)
    advice = (
        "Predictions depend on what else is in the batch; check that build() mixes no samples, "
        "and that eval() freezes batch norm."
    )
    seen = f"alone and in a batch, outputs differ by {difference:.2g}"
    return Finding(name, seen, "failure", advice, details)


def _batch(data: PreparedData) -> tuple[torch.Tensor, torch.Tensor]:
    size = batch_size(data)
    return data.train.x[:size].to(data.device), data.train.y[:size].to(data.device)


def batch_size(data: PreparedData) -> int:
    """Return the batch size for an untrained network."""
    return max(2, min(BATCH, BATCH_VALUES // math.prod(data.input_shape)))
