"""What an error early in a training comes to at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Projection:
    """The share of a validation error that is left at the end of a training, by epoch.

    In ``log10(error + wc * complexity)`` the complexity is the final one from the first epoch
    on, but the error is not: after one epoch it outweighs everything, and only large networks
    would pass the first rung. So the losses of trainings under way are taken with
    ``error * left[epoch]``: as if every error fell like that of one network that was trained to
    the end, the pilot.
    """

    left: tuple[float, ...]
    """For each epoch, counted from 1; the last is 1."""

    @classmethod
    def of_errors(cls, errors: Sequence[float]) -> Projection:
        """Return what the best errors so far of a whole training tell, (epochs,), above 0."""
        end = min(errors)
        return cls(tuple(end / max(error, end) for error in errors))

    def final(self, error: float, epoch: int) -> float:
        """Return what an error after so many epochs is expected to come to."""
        return error * self.left[min(epoch, len(self.left)) - 1]
