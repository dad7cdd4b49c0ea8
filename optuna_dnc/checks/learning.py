"""Checks of short trainings: memorizing a few samples, and the use of inputs."""

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
from optuna_dnc.tasks import learning_task
from optuna_dnc.training import Epoch, TrainingConfig, fit
from optuna_dnc.training.evaluation import loss_sum
from optuna_dnc.training.optimizers import new_optimizer

BY_HEART = 64
"""Samples to memorize."""

FEWEST = 16
"""Samples to memorize of large inputs, so that a step stays short."""

STEPS = 500
"""Largest number of steps; on learnable data, 10 to 250 were enough."""

LR = 5e-3
"""Learning rate, high enough for a few hundred steps."""

MEMORIZED = 0.01
"""Error below which a regression counts as memorized: 1 % of the variance."""

PROGRESS = 0.5
"""Share of the error of a constant prediction below which something was learned."""

INFORMED = 0.98
"""Ratio of the validation loss to that without inputs below which inputs are informative."""

N_BATCHES, N_SLOW_BATCHES, BATCH = 300, 60, 32
"""Batches of a short training, fewer for convolutional networks, a hundred times slower, and their
size."""

EPOCHS = 4
"""Least number of epochs of the short training, so that the learning rate decays."""

MOST_EPOCHS = 300
"""Largest number of epochs: with few samples, overhead dominates each."""

SECONDS = 8.0
"""Time of each of the two checks, beyond which it takes fewer steps and reports that."""

TIMED = 5
"""Batches that are timed to fit the number of batches into the time."""

N_VAL = 1000
"""Largest number of validation samples."""


def check_learns_by_heart(candidate: Candidate) -> Finding:
    """Check that a network can memorize a few samples; if not, something is broken."""
    data = candidate.data
    few = _distinct_samples(data, min(BY_HEART, max(FEWEST, batch_size(data))))
    floor = learning_task(data.task).constant_error(few.y)
    steps, error, is_late = _memorize(candidate.build(0), few, data.task)
    name = f"{len(few)} samples memorized"
    details = {"steps": steps, "error": finite(error), "floor": floor}
    if error <= _memorized(data.task):
        return Finding(name, f"error {error:.2g} after {steps} steps", details=details)
    seen = f"error {error:.2g} after {steps} steps; {floor:.2g} for a constant prediction"
    if is_late:
        advice = (
            f"More than {steps} steps take longer than {SECONDS:g} s here, and memorizing "
            f"takes up to {STEPS}; look at the first epochs of a training run instead."
        )
        return Finding(name, seen, "warning", advice, details)
    if error < PROGRESS * floor:
        advice = (
            "It learns, but not to the last: with few features, samples of different classes may "
            "lie too close together; check that the labels are right."
        )
        return Finding(name, seen, "warning", advice, details)
    advice = (
        "What cannot be memorized cannot be learned: check that every label belongs to its "
        "sample, that features have a sensible scale, and the network where it is your own."
    )
    return Finding(name, seen, "failure", advice, details)


def _distinct_samples(data: PreparedData, count: int) -> Samples:
    x, y = data.train.x[: 10 * count], data.train.y[: 10 * count]
    # Nothing can learn equal samples with different labels.
    rows = torch.from_numpy(distinct_rows(x.cpu().numpy(), count)).to(x.device)
    return Samples(x[rows].to(data.device), y[rows].to(data.device))


def _memorized(task: str) -> float:
    return 0.0 if learning_task(task).predicts_labels else MEMORIZED


def _memorize(network: nn.Module, few: Samples, task: str) -> tuple[int, float, bool]:
    """Return the number of steps, the error after them, and whether time ran out."""
    start = time.perf_counter()
    # Without dropout, and with batch norm independent of the small batch.
    network.eval()
    optimizer = new_optimizer(TrainingConfig(lr=LR), network.parameters())
    error = math.inf
    for step in range(STEPS):
        outputs = network(few.x).float()
        loss = loss_sum(outputs, few.y, task) / len(few)
        mistakes = learning_task(task).mistakes(outputs, few.y)
        error = loss.item() if mistakes is None else mistakes.float().mean().item()
        if error <= _memorized(task):
            return step, error, False
        if time.perf_counter() - start > SECONDS:
            return step, error, True
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return STEPS, error, False


def check_inputs_matter(candidate: Candidate) -> Finding:
    """Check that a network does worse with its inputs set to zero."""
    name, data = "signal in the inputs", candidate.data
    wanted = N_SLOW_BATCHES if candidate.family.convolutional else N_BATCHES
    possible = int(SECONDS / 2 / _seconds_of_batch(candidate))
    n_batches = max(EPOCHS, min(wanted, possible))
    informed, blind = (
        _best_epoch(candidate, part, n_batches) for part in (data, _without_inputs(data))
    )
    task = learning_task(data.task)
    what = task.loss_title if task.predicts_labels else "MSE"
    seen = (
        f"validation {what} {informed.val_loss:.3f} after a short training, "
        f"{blind.val_loss:.3f} with all inputs set to 0"
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
            "predict; look at the first epochs of a training run instead."
        )
        return Finding(name, seen, "warning", advice, details)
    return Finding(name, seen, "failure", advice, details)


def _seconds_of_batch(candidate: Candidate) -> float:
    """Return the seconds of a step on a batch, the fastest of a few on a busy machine."""
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
    """Return the epoch of a short training with the lowest validation loss."""
    n_seen = BATCH * n_batches
    n_train = min(len(data.train), n_seen // EPOCHS)
    n_val = min(N_VAL, n_seen // EPOCHS)
    part = replace(data, train=data.train[:n_train], val=data.val[:n_val])
    epochs = min(n_seen // n_train, MOST_EPOCHS)
    training = TrainingConfig(epochs=epochs, batch_size=BATCH, lr=LR)
    result = fit(candidate.build(0), part, training, seed=0)
    return min(result.epochs, key=lambda epoch: (not epoch.is_usable, epoch.val_loss))
