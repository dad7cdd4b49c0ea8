"""The cost of a network, relative to a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from optuna_dnc._errors import InputError
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
        if not self.value > 0:
            raise InputError(f"baseline must be above 0, got {self.value}.")

    def complexity(self, measured: Measurement) -> float:
        """``f_c``: the measured cost over the baseline's."""
        cost = measured.t_epoch if self.penalize == "t_epoch" else measured.n_params
        return cost / self.value
