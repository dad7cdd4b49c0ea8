"""Checks of a network before its first step: loss, gradients, independence of the samples."""

from __future__ import annotations

import math
import statistics

import torch

from optuna_dnc.checks.candidate import Candidate
from optuna_dnc.checks.report import Finding, finite
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.training import evaluate
from optuna_dnc.training.evaluation import evaluation_mode, loss_sum

N_NETWORKS = 5
"""Networks whose first losses are averaged: outputs of one network share a random offset."""

BATCH = 256

BATCH_VALUES = 2**21
"""Values of a batch, at most: 256 photographs would take minutes."""

MOST_ABOVE = 2.0
"""How far a first cross-entropy may lie above that of equal probabilities. He-normal weights in
the last layer give outputs of variance 2, which costs about 1."""

MOST_TIMES = 6.0
"""How many times its expected value of 1 a first MSE may be; outputs of variance 2 give 3."""

TOLERANCE = 1e-2
"""Relative difference that outputs may have which were summed in another order; 1e-6 in float32,
more in the TensorFloat-32 of GPUs' convolutions."""


def check_first_loss(candidate: Candidate) -> Finding:
    """The loss of random weights: a little above that of a guess that knows nothing."""
    name, data = "loss before training", candidate.data
    size = batch_size(data)
    sample = Samples(data.train.x[:size], data.train.y[:size])
    losses = [
        evaluate(candidate.build(seed), sample, data.task, data.device).loss
        for seed in range(N_NETWORKS)
    ]
    loss = statistics.mean(losses)
    if data.task == "classification":
        expected, highest = math.log(data.n_outputs), math.log(data.n_outputs) + MOST_ABOVE
        seen = f"cross-entropy {loss:.3f}; {expected:.3f} for equal probabilities"
    else:
        expected, highest = 1.0, MOST_TIMES
        seen = f"MSE {loss:.3f}; 1 for always answering the mean"
    details = {"loss": finite(loss), "expected": expected}
    if not math.isfinite(loss):
        advice = "The outputs overflow; look for extreme values in the features."
        return Finding(name, seen, "failure", advice, details)
    if loss <= highest:
        return Finding(name, f"{seen}, at most {highest:.3f} for random weights", details=details)
    advice = (
        f"At most {highest:.3f} is usual: the outputs are too large at the start. Look for "
        "extreme values in the features, or in the weights of a network family of your own."
    )
    return Finding(name, seen, "warning", advice, details)


def check_gradients(candidate: Candidate) -> Finding:
    """Whether a first gradient reaches every parameter."""
    name = "gradients"
    network = candidate.build(0).eval()  # dropout off, so that no gradient is lost by chance
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
    seen = f"{len(parameters) - len(without)} of {len(parameters)} weights and biases have one"
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
    """Whether a sample's outputs stay the same whatever else is in its batch."""
    name = "samples of a batch"
    network = candidate.build(0)
    x, _ = _batch(candidate.data)
    with evaluation_mode(network):
        alone, together = network(x[:1]).float(), network(x).float()[:1]
    scale = max(1.0, together.abs().max().item())
    difference = (alone - together).abs().max().item() / scale
    details = {"difference": finite(difference)}
    if difference <= TOLERANCE:
        return Finding(name, "predicted alone as in a batch", details=details)
    advice = (
        "Predictions depend on what else is in the batch; check that build() mixes no samples, "
        "and that eval() freezes batch norm."
    )
    seen = f"predicted alone, outputs differ by {difference:.2g}"
    return Finding(name, seen, "failure", advice, details)


def _batch(data: PreparedData) -> tuple[torch.Tensor, torch.Tensor]:
    size = batch_size(data)
    return data.train.x[:size].to(data.device), data.train.y[:size].to(data.device)


def batch_size(data: PreparedData) -> int:
    """Samples that a network of random weights is tried on."""
    return max(2, min(BATCH, BATCH_VALUES // math.prod(data.input_shape)))
