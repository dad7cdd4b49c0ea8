"""Condition under which a parameter exists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.space.column import Column


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition on a parent: the parameter exists if the parent exists and its value fits.

    ``exists = parent exists and above < value of the parent < below`` for a numeric parent,
    ``value in choices`` for a categorical one. Without bounds and choices the parameter exists
    wherever its parent does.
    """

    parent: str
    above: float = -math.inf
    below: float = math.inf
    choices: tuple[Any, ...] | None = None

    def __hash__(self) -> int:
        # Without the choices, which may be lists.
        return hash((self.parent, self.above, self.below))

    def __post_init__(self) -> None:
        if self.choices is None and not self.above < self.below:
            raise InputError(
                f"above must be less than below, got above={self.above} and below={self.below}; "
                f"swap or widen them."
            )

    @property
    def is_existence(self) -> bool:
        """Whether the parameter exists wherever its parent does, whatever its value."""
        return self.choices is None and (self.above, self.below) == (-math.inf, math.inf)

    def check(self, child: str, parent: Column) -> None:
        """Raise InputError unless the condition fits the kind of the parent's distribution."""
        bounded = (self.above, self.below) != (-math.inf, math.inf)
        if parent.is_categorical and bounded:
            raise InputError(
                f"conditions[{child!r}] gives bounds for the categorical parameter "
                f"{self.parent!r}; give choices instead."
            )
        if not parent.is_categorical and self.choices is not None:
            raise InputError(
                f"conditions[{child!r}] gives choices for the numeric parameter "
                f"{self.parent!r}; give above and below instead."
            )
        unknown = [c for c in self.choices or () if np.isnan(parent.encode([c])[0])]
        if unknown:
            raise InputError(
                f"conditions[{child!r}] names {shown(unknown[0])}, which is not a choice of "
                f"{self.parent!r}; use its choices."
            )

    def holds(self, parent: Column, positions: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (n,) bool: whether the condition holds.

        Args:
            parent: The parent's column.
            positions: (n,) float64, the parent's positions, NaN where it does not exist.
        """
        raw = parent.raw(positions)
        if self.choices is not None:
            return np.isin(raw, parent.encode(self.choices))
        # Comparisons with NaN are false: without the parent there is no child.
        return (raw > self.above) & (raw < self.below)

    def contradicts(self, other: Condition, parent: Column) -> bool:
        """Return whether no value of the common parent fulfills both."""
        if self.choices is not None and other.choices is not None:
            mine, theirs = parent.encode(self.choices), parent.encode(other.choices)
            return not np.isin(mine, theirs).any()
        return max(self.above, other.above) >= min(self.below, other.below)
