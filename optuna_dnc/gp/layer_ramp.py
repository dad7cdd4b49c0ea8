"""Kernel of a list of parameters, one a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.ramp_kernel import layer_mean
from optuna_dnc.space import SearchSpace


@dataclass(frozen=True)
class LayerRamp:
    """A kernel that compares networks layer by layer on ``prefix_0``, ``prefix_1``, ...

    ``k = mean over layers i of exp(-d_i**2/2)``, ``d_i = omega * (|p1-p2|)**(1/min(i+1, 4))``
    with ramp positions p in [0, 1]. The mean is over the layers of the longer network; a layer
    that only one network has counts ``d_i = omega``. Two networks without layers have similarity
    1. Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section 3) compares channels so.
    """

    prefix: str
    """Prefix of ``_0``, ``_1``, ... in the names."""
    max_root: float = 4.0
    """Largest root, at least 1."""

    def __post_init__(self) -> None:
        if not self.max_root >= 1:
            raise InputError(f"max_root must be at least 1, got {self.max_root}; the usual is 4.")

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the list's members; there may be none yet."""
        return frozenset(space.members(self.prefix).values())

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, see :class:`KernelTerm`."""
        columns = [(i, space.position(name)) for i, name in space.members(self.prefix).items()]
        layers = [(x1[:, c], x2[:, c], min(i + 1, self.max_root)) for i, c in columns]
        return np.broadcast_to(layer_mean(layers, omega), (len(x1), len(x2)))
