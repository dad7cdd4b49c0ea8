"""Objective of Deep-n-Cheap: error plus normalized cost, in one number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optuna_dnc._errors import InputError, shown
from optuna_dnc.objectives.measurement import Measurement

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


@dataclass(frozen=True)
class Baseline:
    """What a complexity of 1 stands for.

    The original took 10 seconds typed by hand, or the largest MLP counted on one image
    dimension. Ours is the largest network of the search space, counted or timed once.
    """

    penalize: str
    """Name of a cost measure."""
    value: float
    """In the unit of the measure; above 0."""

    def __post_init__(self) -> None:
        if not 0 < self.value < math.inf:
            raise InputError(f"baseline must be a finite number above 0, got {self.value}.")

    def complexity(self, measured: Measurement) -> float:
        """``f_c``: the measured cost over the baseline's; at least 1 where there is no network.

        A training that ran out of memory took no time, which must not make it cheap.
        """
        complexity = measured.costs[self.penalize] / self.value
        return complexity if measured.is_usable else max(complexity, 1.0)
