"""What a kernel term is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.space import SearchSpace


@runtime_checkable
class KernelTerm(Protocol):
    """A kernel on some of the parameters of a space."""

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the parameters that the term looks at."""
        ...

    def matrix(
        self,
        x1: NDArray[np.float64],
        x2: NDArray[np.float64],
        space: SearchSpace,
        omega: float,
    ) -> NDArray[np.float64]:
        """Return the similarities of two sets of configurations, (n, m) float64 in [0, 1].

        Args:
            x1: (n, d) float64 positions, NaN where inactive, see :class:`SearchSpace`.
            x2: (m, d) float64, likewise.
            space: The space of the positions.
            omega: Largest distance.
        """
        ...
