"""Choices that the user may leave open: the network family and the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, resolve_device
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import FAMILIES

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
    return resolve_device(device)


def check_own_family(family: NetworkFamily, ranges: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` for a family that results could not be read with, or set twice."""
    built_in = FAMILIES.get(family.name)
    if built_in is not None and type(family) is not built_in:
        raise InputError(
            f"network: {type(family).__name__} has the name of the built-in {family.name!r}, as "
            "which its results would be read; give the class a name of its own."
        )
    if ranges:
        raise InputError("space: set the ranges on the network family that you pass instead.")
