"""Objective of Deep-n-Cheap: error plus normalized cost, in one number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optuna_dnc._errors import InputError, shown
from optuna_dnc.objectives.measurement import Measurement

_SMALLEST = 1e-12
"""Smallest argument of the logarithm, so that no loss is -inf."""


def penalized_loss(
    error: float, complexity: float, wc: float, *, n_val: int | None = None
) -> float:
    """Return ``log10(error + wc * complexity)``, to be minimized.

    Deep-n-Cheap (Dey et al., ACML 2020), equation 1. The original gives -inf for ``wc = 0`` and
    an error of 0, after which its sampler cannot compare candidates; here the error is at least
    half of one validation sample, the resolution of the validation set.

    Args:
        error: ``f_p >= 0``: 1 - accuracy as a fraction, a normalized regression error, or
            another :class:`optuna_dnc.objectives.Metric` as an error.
        complexity: ``f_c >= 0``: cost over the cost of a baseline.
        wc: Weight of the cost, at least 0.
        n_val: Number of validation samples (of pairs of samples for the AUC) of the error, which
            is then at least ``0.5 / n_val``; None for no such bound. The sum is always at least
            1e-12.

    Raises:
        InputError: An argument is negative, infinite or not a number.
    """
    for name, value in (("error", error), ("complexity", complexity), ("wc", wc)):
        if not 0 <= value < math.inf:
            raise InputError(
                f"{name} must be finite and at least 0, got {shown(value)}; change it."
            )
    if n_val is not None:
        error = resolved(error, n_val)
    return math.log10(max(error + wc * complexity, _SMALLEST))


def resolved(error: float, n_val: int | None) -> float:
    """Return the error, but at least ``0.5 / n_val``, the resolution of the validation set.

    Without ``n_val``, as for regression, it is at least 1e-12.

    Raises:
        InputError: ``n_val`` is below 1.
    """
    if n_val is None:
        return max(error, _SMALLEST)
    if n_val < 1:
        raise InputError(f"n_val must be at least 1, got {n_val}; raise it.")
    return max(error, 0.5 / n_val)


@dataclass(frozen=True)
class CostNormalizer:
    """Normalization of costs by that of a baseline: ``complexity = cost / value``.

    The baseline of a search is the largest network of its space, counted or timed once. The
    original used 10 seconds, or the largest MLP for one dimension of the images.
    """

    penalize: str
    """Name of the cost measure."""
    value: float
    """Cost that counts as 1, in the unit of the measure; above 0."""

    def __post_init__(self) -> None:
        if not 0 < self.value < math.inf:
            raise InputError(f"baseline must be finite and above 0, got {self.value}; change it.")

    def complexity(self, measured: Measurement) -> float:
        """Return ``f_c``, the cost over that of the baseline; at least 1 without usable network.

        A training that ran out of memory took no time, which must not make it cheap.
        """
        complexity = measured.costs[self.penalize] / self.value
        return complexity if measured.is_usable else max(complexity, 1.0)
