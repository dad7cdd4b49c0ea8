"""Other hyperparameters that explain the losses about as well as the best ones."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.posterior import NegativeLogPosterior

Array = NDArray[np.float64]

_STEP = 0.01
"""Of the differences, in standard deviations of the prior."""
_LEAST_CURVATURE = 0.5
"""A direction in which less is known than the prior says has at most twice its variance."""


class Laplace:
    """The posterior of the hyperparameters, taken for normal around its largest density.

    Of their logarithms ``u``; the covariance is the inverse Hessian of the negative logarithm of
    the density (Laplace's approximation; Rasmussen and Williams 2006, section 3.4).

    Args:
        density: What was minimised.
        u: Where its minimum was found, logarithms of the hyperparameters.
    """

    def __init__(self, density: NegativeLogPosterior, u: Array) -> None:
        self._density = density
        self._u = u
        self.best = density.hyperparameters(u)
        """The hyperparameters of largest density."""

    def draw(self, rng: np.random.Generator) -> Hyperparameters:
        """Return hyperparameters drawn from the distribution, inside their bounds."""
        prior = self._density.prior
        u = self._u + self._root @ rng.standard_normal(len(self._u))
        return self._density.hyperparameters(np.clip(u, prior.low, prior.high))

    @cached_property
    def _root(self) -> Array:
        """A square root of the covariance; (P, P), from differences of the gradient."""
        scales = self._density.prior.deviations
        _, slope = self._density(self._u)
        slopes = [self._density(self._u + move)[1] for move in np.diag(_STEP * scales)]
        hessian = (np.array(slopes) - slope) * scales / _STEP
        values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
        root: Array = scales[:, None] * vectors / np.sqrt(np.maximum(values, _LEAST_CURVATURE))
        return root
