"""The cost of a network, relative to a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc.objectives.measurement import Measurement

Penalty = Literal["t_epoch", "n_params"]


@dataclass(frozen=True)
class Baseline:
    """What a complexity of 1 stands for.

    The original took 10 seconds typed by hand, or the largest MLP counted on one image
    dimension. Ours is the largest network of the search space, counted or timed once.
    """

    penalize: Penalty
    value: float
    """Seconds of training per epoch, or number of trainable parameters; above 0."""

    def __post_init__(self) -> None:
        if self.penalize not in get_args(Penalty):
            raise unknown_name("penalize", self.penalize, get_args(Penalty))
        if not 0 < self.value < math.inf:
            raise InputError(f"baseline must be a finite number above 0, got {self.value}.")

    def complexity(self, measured: Measurement) -> float:
        """``f_c``: the measured cost over the baseline's; at least 1 where there is no network.

        A training that ran out of memory took no time, which must not make it cheap.
        """
        cost = measured.t_epoch if self.penalize == "t_epoch" else measured.n_params
        return cost / self.value if measured.is_usable else max(cost / self.value, 1.0)
