"""Hyperparameters of the kernel, and their prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of :class:`~optuna_dnc.gp.sum_kernel.SumKernel` and the noise, above 0."""

    lengthscales: Array
    """(P,) float64, one a parameter, in units of its range."""
    stretches: Array
    """(T,) float64, one a part."""
    variances: Array
    """(T + terms,) float64, one a part and one a term, in the squared unit of the losses."""
    noise: float
    """Noise variance, in the squared unit of the losses."""

    @staticmethod
    def from_logarithms(u: Array, n_parameters: int, n_parts: int) -> Hyperparameters:
        """Return the hyperparameters for their natural logarithms, in the order of the fields."""
        return Hyperparameters.from_values(np.exp(u), n_parameters, n_parts)

    @staticmethod
    def from_values(values: Array, n_parameters: int, n_parts: int) -> Hyperparameters:
        """Return the hyperparameters for :attr:`values`."""
        end = n_parameters + n_parts
        lengthscales, stretches = values[:n_parameters], values[n_parameters:end]
        return Hyperparameters(lengthscales, stretches, values[end:-1], float(values[-1]))

    @property
    def values(self) -> Array:
        """All hyperparameters in the order of the fields, (n_hyperparameters,) float64."""
        return np.concatenate([self.lengthscales, self.stretches, self.variances, [self.noise]])


@dataclass(frozen=True)
class Prior:
    """Independent normal priors of the logarithms, and their bounds; a fit starts at the means."""

    means: Array
    deviations: Array
    low: Array
    high: Array

    @staticmethod
    def standard(n_parameters: int, sizes: Array, n_terms: int) -> Prior:
        """Return the prior for losses of variance 1 and parameters in [0, 1].

        Distances grow with the square root of the number of parameters, and so does the prior
        mean of a part's stretch (Hvarfner et al. 2024, arXiv 2402.02229).

        Args:
            n_parameters: Number of parameters.
            sizes: (T,) float64, typical number of parameters that a part compares.
            n_terms: Number of kernel terms.
        """
        n_variances = len(sizes) + n_terms
        blocks = [  # number, mean, deviation, lowest and highest logarithm
            (n_parameters, np.log(0.5), 1.0, -3.5, 4.0),
            *((1, 0.5 * np.log(size), 0.5, -1.0, 4.0) for size in sizes),
            (n_variances, -np.log(n_variances), 1.0, -8.0, 4.0),
            (1, np.log(1e-3), 1.5, np.log(1e-6), 0.0),
        ]
        numbers = [block[0] for block in blocks]
        return Prior(*(np.repeat([b[i] for b in blocks], numbers) for i in range(1, 5)))
