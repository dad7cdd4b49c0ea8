"""Kernel of the channels of CNNs whose layers grow by factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.ramp_kernel import layer_mean
from optuna_dnc.space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class GrowthRamp:
    """A kernel of CNNs by the channels of their layers, which follow from growth factors.

    ``c_0 = channels``, ``c_i = min(maximum, floor(c_{i-1} * growth_i + 0.5))`` for each layer
    ``i < n_layers``; then ``k = mean over layers of exp(-d_i**2/2)``, ``d_i = omega *
    (|c_i - c'_i| / (high_i - low_i))**(1/min(i+1, 4))``, the mean over the layers of the longer
    network with distance omega for a layer that only one has. The range of layer i is
    ``(channels.low * product of growth.low, channels.high * product of growth.high)``, at most
    ``maximum``.

    The formula is that of Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section 3). The
    original searches channels in a range that depends on the layer before. Factors give the same
    networks in a space of fixed ranges, and the range of each layer is all that it can reach, so
    that no distance exceeds omega.
    """

    length: str = "n_layers"
    """Name of the number of layers, an int parameter."""
    first: str = "channels"
    """Name of the channels of the first layer, an int parameter."""
    growth: str = "growth"
    """Prefix of ``_1``, ``_2``, ... in the names of the factors."""
    maximum: int = 512
    """No layer has more channels."""
    max_root: float = 4.0
    """Largest root, at least 1."""

    def __post_init__(self) -> None:
        if self.maximum < 1:
            raise InputError(f"maximum must be at least 1, got {self.maximum}; the usual is 512.")
        if not self.max_root >= 1:
            raise InputError(f"max_root must be at least 1, got {self.max_root}; the usual is 4.")

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the length, the first layer and the factors."""
        return frozenset({self.length, self.first, *space.members(self.growth).values()})

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, see :class:`KernelTerm`."""
        c1, c2 = self.channels(x1, space), self.channels(x2, space)
        layers = []
        for column, (layer, low, high) in enumerate(self._ranges(space)):
            width = high - low if high > low else np.inf
            root = min(layer + 1, self.max_root)
            layers.append((c1[:, column] / width, c2[:, column] / width, root))
        return layer_mean(layers, omega)

    def _ranges(self, space: SearchSpace) -> list[tuple[int, float, float]]:
        """Return index, fewest and most channels of each layer."""
        first = space.column(self.first)
        low, high = first.low, first.high
        ranges = [(0, min(low, self.maximum), min(high, self.maximum))]
        for layer, name in space.members(self.growth).items():
            factor = space.column(name)
            low, high = low * factor.low, high * factor.high
            ranges.append((layer, min(low, self.maximum), min(high, self.maximum)))
        return ranges

    def channels(self, x: Array, space: SearchSpace) -> Array:
        """Return the channels of each layer, (n, layers) float64, NaN beyond the last layer.

        Args:
            x: (n, d) float64 positions, NaN where inactive.
            space: The space of the positions.
        """
        length = space.raw(x, self.length)
        channels = np.minimum(space.raw(x, self.first), self.maximum)
        layers = [np.where(length > 0, channels, np.nan)]
        for layer, name in space.members(self.growth).items():
            grown = np.floor(layers[-1] * space.raw(x, name) + 0.5)
            layers.append(np.where(length > layer, np.minimum(grown, self.maximum), np.nan))
        return np.stack(layers, axis=1)
