"""Matern-5/2 kernel, block by block."""

from __future__ import annotations

import numpy as np

from optuna_dnc._arrays import Array

_SQRT5 = np.sqrt(5.0)
_BLOCK = 32_768
"""Elements of a block: all operations on it find it in the cache of the processor's core."""


def add_matern(
    total: Array, a: Array, b: Array, variance: float, weights: tuple[Array, Array] | None = None
) -> None:
    """Add ``variance * w w' * M(r)``, ``M(r) = (1 + sqrt(5) r + 5/3 r**2) exp(-sqrt(5) r)``.

    With ``s = sqrt(5) r`` that is ``((s + 3/2)**2 + 3/4) * exp(log(variance w' / 3) - s) * w``.

    Args:
        total: (n, m) float64, changed in place.
        a: (n, D) float64 points, in units of the lengthscales.
        b: (m, D) float64, likewise.
        variance: At least 0.
        weights: (n,) and (m,) float64, at least 0; None for ones. Rows of weight 0 cost nothing.
    """
    left, right = _for_squares(_SQRT5 * a, _SQRT5 * b)
    size = max(_BLOCK // max(len(b), 1), 1)
    with np.errstate(divide="ignore"):
        level = np.log(variance / 3.0 * (1.0 if weights is None else weights[1]))
    if weights is None:
        for start in range(0, len(a), size):
            total[start : start + size] += _block(left[start : start + size] @ right, level)
        return
    rows = np.flatnonzero(weights[0])
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        block = _block(left[some] @ right, level)
        block *= weights[0][some, None]
        total[some] += block


def _block(squares: Array, level: Array) -> Array:
    """Return ``((s + 3/2)**2 + 3/4) * exp(level - s)`` for ``s**2``; overwrites its argument."""
    s = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    decay = np.subtract(level, s)
    np.exp(decay, out=decay)
    s += 1.5
    s *= s
    s += 0.75
    s *= decay
    return s


def _for_squares(a: Array, b: Array) -> tuple[Array, Array]:
    """Return (n, D + 2) and (D + 2, m), whose product has the squared distances of rows."""
    left = np.column_stack([-2.0 * a, np.sum(a * a, axis=1), np.ones(len(a))])
    right = np.column_stack([b, np.ones(len(b)), np.sum(b * b, axis=1)])
    return left, np.ascontiguousarray(right.T)
