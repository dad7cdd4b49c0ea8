"""Check of raw samples against those of the training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.axis_order import transposition
from optuna_dnc.data.feature_checks import check_finite, check_numeric

if TYPE_CHECKING:
    from optuna_dnc.data.preprocessing import Preprocessing


def check_input(x: NDArray[Any], trained: Preprocessing) -> None:
    """Raise unless `x` is (n, *input_shape) of finite numbers, of bytes if training had bytes."""
    check_numeric(x, "x")
    if x.shape[1:] != trained.input_shape or x.ndim == 0:
        wanted = "(N, " + ", ".join(map(str, trained.input_shape)) + ")"
        hint = "reshape it"
        if trained.table is not None:
            hint = "give a data frame with the columns of the training data"
        elif x.shape == trained.input_shape:
            hint = "give x[None]"
        elif x.ndim == 4 and (x.shape[3], *x.shape[1:3]) == trained.input_shape:
            hint = f"transpose with {transposition('x')}"
        raise InputError(f"x has shape {x.shape}; expected is {wanted}, {hint}.")
    has_bytes = trained.scale != 1.0
    if len(trained.input_shape) == 3 and (x.dtype == np.uint8) != has_bytes:
        had = "uint8 images, 0 to 255" if has_bytes else "images that were not uint8"
        raise InputError(f"x is {x.dtype}, but training had {had}; give images as in training.")
    check_finite(x, "x", columns=trained.feature_names)
