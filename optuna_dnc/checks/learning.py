"""Checks of a network's first steps: can it learn by heart, and does it look at its inputs?"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import torch
from torch import nn

from optuna_dnc.checks.candidate import Candidate
from optuna_dnc.checks.repeats import distinct_rows
from optuna_dnc.checks.report import Finding, finite
from optuna_dnc.checks.untrained import batch_size
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.training import Epoch, TrainingConfig, fit
from optuna_dnc.training.evaluation import loss_sum
from optuna_dnc.training.optimizers import new_optimizer

BY_HEART = 64
"""Samples to learn by heart."""

FEWEST = 16
"""Of photographs, so that a step takes no minute."""

STEPS = 500
"""Steps that it may take; on data that can be learnt, 10 to 250 were enough."""

LR = 5e-3
"""Learning rate: a few hundred steps are to show what a training would."""

LEARNT = 0.01
"""Error of a regression that counts as learnt by heart: 1 % of the variance."""

PROGRESS = 0.5
"""Share of a constant guess's error, below which something was learnt, though not by heart."""

INFORMED = 0.98
"""Validation loss over that without inputs, below which the inputs tell something."""

N_BATCHES, N_SLOW_BATCHES, BATCH = 300, 60, 32
"""Of the short training with and without inputs; the second for convolutional networks, whose
batches take a hundred times as long."""

EPOCHS = 4
"""That these are, at least, so that the learning rate comes down."""

MOST_EPOCHS = 300
"""That these are, at most: with a handful of samples each takes as long as one of a hundred."""

SECONDS = 8.0
"""That each of the two checks may take, before it makes do with fewer steps and says so."""

TIMED = 5
"""Batches that are timed to know how many there is time for."""

N_VAL = 1000
"""Samples that it is validated with, at most."""


def check_learns_by_heart(candidate: Candidate) -> Finding:
    """A few samples must be learnt to (nearly) no error, or something is broken."""
    data = candidate.data
    few = _distinct_samples(data, min(BY_HEART, max(FEWEST, batch_size(data))))
    floor = _constant_error(few, data.task)
    steps, error, is_late = _learn_by_heart(candidate.build(0), few, data.task)
    name = f"{len(few)} samples by heart"
    details = {"steps": steps, "error": finite(error), "floor": floor}
    if error <= _learnt(data.task):
        return Finding(name, f"error {error:.2g} after {steps} steps", details=details)
    seen = f"error {error:.2g} after {steps} steps; {floor:.2g} for a constant guess"
    if is_late:
        advice = (
            f"More than {steps} steps take longer than {SECONDS:g} s here, and learning by heart "
            f"takes up to {STEPS}; look at the first epochs of a training instead."
        )
        return Finding(name, seen, "warning", advice, details)
    if error < PROGRESS * floor:
        advice = (
            "It learns, but not to the last: with few features, samples of different classes may "
            "lie too close together; check that the labels are right."
        )
        return Finding(name, seen, "warning", advice, details)
    advice = (
        "What cannot be learnt by heart cannot be learnt: check that every label belongs to its "
        "sample, that features have a sensible scale, and the network where it is your own."
    )
    return Finding(name, seen, "failure", advice, details)


def _distinct_samples(data: PreparedData, count: int) -> Samples:
    x, y = data.train.x[: 10 * count], data.train.y[: 10 * count]
    # Equal samples with different labels cannot be learnt by anything.
    rows = torch.from_numpy(distinct_rows(x.cpu().numpy(), count)).to(x.device)
    return Samples(x[rows].to(data.device), y[rows].to(data.device))


def _constant_error(samples: Samples, task: str) -> float:
    if task == "classification":
        return 1 - torch.bincount(samples.y).max().item() / len(samples)
    return samples.y.var(dim=0, correction=0).mean().item()


def _learnt(task: str) -> float:
    return 0.0 if task == "classification" else LEARNT


def _learn_by_heart(network: nn.Module, few: Samples, task: str) -> tuple[int, float, bool]:
    """Steps that were taken, the error after them, and whether there was no time for more."""
    start = time.perf_counter()
    # Without dropout, and without batch norm's own way with small batches.
    network.eval()
    optimizer = new_optimizer(TrainingConfig(lr=LR), network.parameters())
    error = math.inf
    for step in range(STEPS):
        outputs = network(few.x).float()
        loss = loss_sum(outputs, few.y, task) / len(few)
        error = _error_of(outputs, few, loss.item())
        if error <= _learnt(task):
            return step, error, False
        if time.perf_counter() - start > SECONDS:
            return step, error, True
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return STEPS, error, False


def _error_of(outputs: torch.Tensor, samples: Samples, loss: float) -> float:
    if samples.y.dim() == 1:  # classes
        return (outputs.argmax(1) != samples.y).float().mean().item()
    return loss


def check_inputs_matter(candidate: Candidate) -> Finding:
    """With its inputs set to zero, a network must do worse than with them."""
    name, data = "inputs against no inputs", candidate.data
    wanted = N_SLOW_BATCHES if candidate.family.convolutional else N_BATCHES
    possible = int(SECONDS / 2 / _seconds_of_batch(candidate))
    n_batches = max(EPOCHS, min(wanted, possible))
    informed, blind = (
        _best_epoch(candidate, part, n_batches) for part in (data, _without_inputs(data))
    )
    what = "cross-entropy" if data.task == "classification" else "MSE"
    seen = (
        f"validation {what} {informed.val_loss:.3f} after a short training, "
        f"{blind.val_loss:.3f} without inputs"
    )
    details = {
        "loss": finite(informed.val_loss),
        "loss_without_inputs": finite(blind.val_loss),
    }
    if informed.val_loss < INFORMED * blind.val_loss:
        return Finding(name, seen, details=details)
    advice = (
        "The inputs do not help to predict, or too little for a short training: check that every "
        "label belongs to its sample (a shuffled column, another order of rows), and that the "
        "features say something about it."
    )
    if n_batches < wanted:
        advice = (
            f"In {n_batches} batches, for which there was time, the inputs did not help to "
            "predict; look at the first epochs of a training instead."
        )
        return Finding(name, seen, "warning", advice, details)
    return Finding(name, seen, "failure", advice, details)


def _seconds_of_batch(candidate: Candidate) -> float:
    """Seconds that a step on a batch takes, the fastest of a few: others may be at work here."""
    data, network = candidate.data, candidate.build(0).eval()
    x, y = data.train.x[:BATCH].to(data.device), data.train.y[:BATCH].to(data.device)
    optimizer = new_optimizer(TrainingConfig(lr=LR), network.parameters())
    seconds: list[float] = []
    while len(seconds) < TIMED and sum(seconds) < SECONDS / 8:
        start = time.perf_counter()
        loss = loss_sum(network(x).float(), y, data.task)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()  # waits for a GPU
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _without_inputs(data: PreparedData) -> PreparedData:
    train, val = (Samples(torch.zeros_like(s.x), s.y) for s in (data.train, data.val))
    return replace(data, train=train, val=val)


def _best_epoch(candidate: Candidate, data: PreparedData, n_batches: int) -> Epoch:
    """Of a short training, the epoch with the lowest validation loss."""
    n_seen = BATCH * n_batches
    n_train = min(len(data.train), n_seen // EPOCHS)
    n_val = min(N_VAL, n_seen // EPOCHS)
    part = replace(
        data,
        train=Samples(data.train.x[:n_train], data.train.y[:n_train]),
        val=Samples(data.val.x[:n_val], data.val.y[:n_val]),
    )
    epochs = min(n_seen // n_train, MOST_EPOCHS)
    training = TrainingConfig(epochs=epochs, batch_size=BATCH, lr=LR)
    result = fit(candidate.build(0), part, training, seed=0)
    return min(result.epochs, key=lambda epoch: (not epoch.is_usable, epoch.val_loss))
