"""Checks of sample weights, and of given validation samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_FLOAT


def check_weights(weights: NDArray[np.float64], n: int, name: str, part: str) -> None:
    """Raise unless weights are (n,) finite float64 of at least 0, and some of them above 0."""
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float64:
        held = weights.dtype if isinstance(weights, np.ndarray) else type(weights).__name__
        raise InputError(f"{name} holds {held}; convert it to float64.")
    if weights.shape != (n,):
        raise InputError(
            f"{name} has shape {weights.shape}; give one weight for each of the {n} {part} "
            "samples."
        )
    wrong = np.flatnonzero(~((weights >= 0) & (weights <= LARGEST_FLOAT)))
    if wrong.size:
        raise InputError(
            f"{name} must be finite and at least 0, got {shown(weights[wrong[0]].item())} in row "
            f"{wrong[0]}; change it."
        )
    n_positive = np.count_nonzero(weights)
    if n_positive < 2:
        which = "all zero" if n_positive == 0 else "zero for all samples but one"
        raise InputError(f"{name} are {which}; give at least two samples a weight above 0.")


def check_classes_left(y: NDArray[Any], name: str) -> None:
    """Raise unless samples with a weight above 0, whose labels are (n,), are of two classes."""
    if (y == y[0]).all():
        raise InputError(
            f"{name} are above 0 for one class only, {shown(y[0].item())}; give samples of a "
            "second class a weight above 0."
        )


def check_held_out(
    held_out: NDArray[np.bool_], weights: NDArray[np.float64] | None, n: int, name: str
) -> None:
    """Raise unless it is (n,) bool with samples on both sides, whose weights are above 0."""
    is_mask = isinstance(held_out, np.ndarray) and held_out.dtype == np.bool_
    if not is_mask or held_out.shape != (n,):
        raise InputError(
            f"{name}: held_out must be booleans of shape ({n},), one for each training sample, "
            f"got {shown(held_out)}; change it."
        )
    for part, what in ((~held_out, "to train on"), (held_out, "to validate with")):
        if not (part if weights is None else weights[part] > 0).any():
            raise InputError(
                f"{name}: held_out leaves no samples {what}, or none with a weight above 0; give "
                "samples of both kinds."
            )
