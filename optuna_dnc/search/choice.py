"""Choices that the user may leave open: the network family and the device."""

from __future__ import annotations

from typing import NamedTuple

import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, resolve_device

SMALLEST_CNN_SIDE = 16
"""Images below this are flattened: the default CNNs halve them three times."""


class FamilyChoice(NamedTuple):
    """The name of a family, and why it was chosen."""

    name: str
    reason: str


def choose_family(dataset: Dataset) -> FamilyChoice:
    """CNNs for images of at least 16 x 16 pixels, MLPs for everything else."""
    shape = dataset.input_shape
    if not dataset.is_image:
        return FamilyChoice("mlp", f"the samples are vectors of {shape[0]} features")
    size = f"{shape[1]} x {shape[2]} pixels"
    if min(shape[1:]) < SMALLEST_CNN_SIDE:
        return FamilyChoice("mlp", f"images of {size} are too small for a CNN to pay")
    return FamilyChoice("cnn", f"the samples are images of {size}")


def choose_device(device: str) -> torch.device:
    """``auto`` is the first GPU if torch finds one, else the CPU; other names are as torch's."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    found = resolve_device(device)
    if found.type == "meta":
        raise InputError("device 'meta' holds shapes and no numbers; give 'cpu' or 'cuda'.")
    return found
