"""Network family of images under a time limit: CNNs only if there is time to train them."""

from __future__ import annotations

from dataclasses import replace

import torch

from optuna_dnc._formats import count, duration
from optuna_dnc.data import Dataset
from optuna_dnc.data.preparation import Split
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.limits.pace import N_BATCHES, Work, measured_pace, steps_of_epoch
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.limits.time_plan import fewest_epochs


def too_slow(
    family: NetworkFamily,
    dataset: Dataset,
    settings: SearchSettings,
    limit: TimeLimit,
    device: torch.device,
) -> str | None:
    """Return why a time limit is too short to train a family; None if it is long enough.

    A few steps of training are timed. The limit must be enough for one short training of the
    smallest network: then even a single CNN is about as good as a search of MLPs, or far better.
    On 10,000 images of CIFAR-10, one that is trained for 6 epochs classifies 58 % of the test
    samples correctly (MLP 43 %), on 3,000 one with 17 epochs 51 % (35 %); on 3,000 images of
    Fashion-MNIST, one with 13 epochs 82 % (83 %), on 10,000 one with 11 epochs 87 % (85 %), but
    one with 2 epochs 75 %.

    A family that runs out of memory is not judged: the search makes its networks smaller.

    Args:
        family: The family, with the ranges of the search.
        dataset: The data.
        settings: Settings of the search, with its batch size.
        limit: Time limit of the search.
        device: Device of the networks.
    """
    training = settings.training()
    split = Split.of(dataset, val_fraction=settings.val_fraction, seed=settings.seed)
    few = replace(
        split,
        train=split.train[: N_BATCHES * training.batch_size],
        val=split.val[:1],
        test=split.train[:0],
    )
    work = Work(family, few.placed(device, channels_last=family.convolutional))
    try:
        pace = measured_pace(work, training, limit)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    n_steps = steps_of_epoch(len(split.train), len(split.val), training.batch_size)
    epochs = min(fewest_epochs(n_steps), training.epochs)
    each = epochs * replace(pace, n_steps=n_steps).epoch(work.extremes[0])
    if each <= limit.left:
        return None
    return (
        f"the time limit of {duration(limit.seconds)} is too short for a training of the smallest "
        f"one, of {count(epochs, 'epoch')}"
    )
