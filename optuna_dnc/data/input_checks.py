"""Checks of raw samples against the training data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.axis_order import transposition
from optuna_dnc.data.feature_checks import check_finite, check_numeric


def check_input(
    x: NDArray[Any],
    shape: tuple[int, ...],
    scale: float,
    names: Sequence[str] | None,
    *,
    is_table: bool,
) -> None:
    """Raise unless `x` is (n, *shape) of finite numbers as training had them.

    scale: of raw samples, 1 unless they are images of bytes; names: of the features; is_table:
    whether training had a table.
    """
    has_bytes = scale != 1.0
    check_numeric(x, "x")
    if x.shape[1:] != shape or x.ndim == 0:
        wanted = "(N, " + ", ".join(map(str, shape)) + ")"
        hint = "reshape it"
        if is_table:
            hint = "give a data frame with the columns of the training data"
        elif x.shape == shape:
            hint = "give x[None]"
        elif x.ndim == 4 and (x.shape[3], *x.shape[1:3]) == shape:
            hint = f"transpose with {transposition('x')}"
        elif x.ndim == 3 and (x.shape[2], *x.shape[:2]) == shape:
            hint = "give x.transpose(2, 0, 1)[None]"
        elif x.ndim == 3 and (1, *x.shape[1:]) == shape:
            hint = "add a channel axis with x[:, None]"
        elif (1, *x.shape) == shape:
            hint = "give x[None, None]"
        raise InputError(f"x has shape {x.shape}; expected is {wanted}, {hint}.")
    if len(shape) == 3 and (x.dtype == np.uint8) != has_bytes:
        had = "uint8 images, 0 to 255" if has_bytes else "images that were not uint8"
        raise InputError(f"x is {x.dtype}, but training had {had}; give images as in training.")
    check_finite(x, "x", columns=names)
