"""Matern-5/2 kernel, block by block."""

from __future__ import annotations

import numpy as np

from optuna_dnc._arrays import Array

_SQRT5 = np.sqrt(5.0)
_BLOCK = 32_768
"""Elements of a block: all operations on it find it in the cache of the processor's core."""


class MaternColumns:
    """Points that others are compared with: the columns of matrices of a Matern-5/2 kernel.

    ``variance * w w' * M(r)``, ``M(r) = (1 + sqrt(5) r + 5/3 r**2) exp(-sqrt(5) r)``. With ``s =
    sqrt(5) r`` that is ``((s + 3/2)**2 + 3/4) * exp(log(variance w' / 3) - s) * w``.

    Args:
        b: (m, D) float64 points, in units of the lengthscales.
        variance: At least 0.
        weights: Weights w' by group, (m, groups) float64, at least 0; None for one group of ones.
    """

    def __init__(self, b: Array, variance: float, weights: Array | None) -> None:
        b = _SQRT5 * b
        columns = [b, np.ones(len(b)), np.sum(b * b, axis=1)]
        self._right = np.ascontiguousarray(np.column_stack(columns).T)
        self._size = max(_BLOCK // max(len(b), 1), 1)
        with np.errstate(divide="ignore"):
            self._levels = [
                np.log(variance / 3.0 * weight)
                for weight in ((1.0,) if weights is None else weights.T)
            ]

    def add_to(self, total: Array, a: Array, weights: Array | None) -> None:
        """Add the covariances with other points.

        Args:
            total: (n, m) float64, changed in place.
            a: (n, D) float64 points, in units of the lengthscales.
            weights: Their weights w by group, (n, groups) float64; None for ones. Rows of weight
                0 cost nothing.
        """
        a = _SQRT5 * a
        left = np.ones((len(a), a.shape[1] + 2), order="F")
        np.multiply(a, -2.0, out=left[:, :-2])
        left[:, -2] = np.add.reduce(a * a, axis=1)
        if weights is None:
            for start in range(0, len(a), self._size):
                rows = slice(start, start + self._size)
                total[rows] += _block(left[rows] @ self._right, self._levels[0])
            return
        for level, weight in zip(self._levels, weights.T, strict=True):
            present = np.flatnonzero(weight)
            for start in range(0, len(present), self._size):
                some = present[start : start + self._size]
                block = _block(left[some] @ self._right, level)
                block *= weight[some, None]
                total[some] += block


def _block(squares: Array, level: Array | float) -> Array:
    """Return ``((s + 3/2)**2 + 3/4) * exp(level - s)`` for ``s**2``; overwrites its argument."""
    s = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    decay = np.subtract(level, s)
    np.exp(decay, out=decay)
    s += 1.5
    s *= s
    s += 0.75
    s *= decay
    return s
