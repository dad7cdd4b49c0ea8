"""Checks of what training samples count, and of which of them validate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_FLOAT


def check_weights(weights: NDArray[np.float64], n: int, name: str) -> None:
    """Raise unless weights are (n,) finite float64 of at least 0, and some of them above 0."""
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float64:
        held = weights.dtype if isinstance(weights, np.ndarray) else type(weights).__name__
        raise InputError(f"{name} holds {held}; convert it to float64.")
    if weights.shape != (n,):
        raise InputError(
            f"{name} has shape {weights.shape}; give one weight for each of the {n} training "
            "samples."
        )
    wrong = np.flatnonzero(~((weights >= 0) & (weights <= LARGEST_FLOAT)))
    if wrong.size:
        raise InputError(
            f"{name} must be finite and at least 0, got {shown(weights[wrong[0]].item())} in row "
            f"{wrong[0]}; change it."
        )
    if not weights.any():
        raise InputError(f"{name} are all 0; give at least one sample a weight above 0.")


def check_held_out(held_out: NDArray[np.bool_], n: int, name: str) -> None:
    """Raise unless it is (n,) bool with samples on both sides."""
    is_mask = isinstance(held_out, np.ndarray) and held_out.dtype == np.bool_
    if not is_mask or held_out.shape != (n,):
        raise InputError(
            f"{name} must be booleans of shape ({n},), one for each training sample, got "
            f"{shown(held_out)}; change it."
        )
    if held_out.all() or not held_out.any():
        raise InputError(
            f"{name} puts all training samples on one side; leave some to train on, and some to "
            "validate with."
        )


def check_parts_count(
    weights: NDArray[np.float64],
    train: NDArray[np.int64],
    val: NDArray[np.int64],
    name: str,
) -> None:
    """Raise if all training or all validation samples have the weight 0.

    train, val: rows of the samples.
    """
    for rows, part in ((train, "training"), (val, "validation")):
        if not weights[rows].any():
            raise InputError(
                f"{name} of all {len(rows)} {part} samples are 0; give more samples a weight "
                "above 0, or choose another seed."
            )
