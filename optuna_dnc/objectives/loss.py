"""The objective of Deep-n-Cheap: error plus a penalty on cost, in one number."""

from __future__ import annotations

import math

from optuna_dnc._errors import InputError, shown

_SMALLEST = 1e-12
"""Floor of what a logarithm is taken of, so that no loss is -inf."""


def penalized_loss(
    error: float, complexity: float, wc: float, *, n_val: int | None = None
) -> float:
    """``log10(error + wc * complexity)``, to be minimised.

    Deep-n-Cheap (Dey et al., ACML 2020) equation 1. The original gives -inf for ``wc = 0`` and
    no error, after which its sampler can no longer compare candidates; here the error is floored
    at half of one validation sample, the most that so many samples can resolve.

    Args:
        error: ``f_p >= 0``: 1 - accuracy as a fraction, or a normalised regression error.
        complexity: ``f_c >= 0``: cost over the cost of a baseline.
        wc: Weight of the cost, at least 0.
        n_val: Number of validation samples the error was measured on; gives the floor
            ``0.5 / n_val``. Without it the sum is floored at 1e-12.

    Raises:
        InputError: An argument is negative, infinite or not a number.
    """
    for name, value in (("error", error), ("complexity", complexity), ("wc", wc)):
        if not 0 <= value < math.inf:
            raise InputError(f"{name} must be a finite number of at least 0, got {shown(value)}.")
    if n_val is not None:
        error = resolved(error, n_val)
    return math.log10(max(error + wc * complexity, _SMALLEST))


def resolved(error: float, n_val: int | None) -> float:
    """The error as far as so many validation samples can tell, above 0: at least ``0.5 / n_val``.

    1e-12 is the least without a number of samples, as for the errors of a regression.

    Raises:
        InputError: ``n_val`` is below 1.
    """
    if n_val is None:
        return max(error, _SMALLEST)
    if n_val < 1:
        raise InputError(f"n_val must be at least 1, got {n_val}.")
    return max(error, 0.5 / n_val)
