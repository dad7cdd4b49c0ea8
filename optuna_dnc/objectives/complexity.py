"""The cost of a network, relative to a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optuna_dnc._errors import InputError
from optuna_dnc.objectives.measurement import Measurement


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
