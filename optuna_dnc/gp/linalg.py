"""Cholesky factors with jitter, and least squares with them."""

from __future__ import annotations

import numpy as np

from optuna_dnc._arrays import Array


def diagonal(matrix: Array) -> Array:
    """Return the diagonal of a square matrix; what is written to it changes the matrix."""
    view: Array = np.einsum("ii->i", matrix)
    return view


def factor(covariance: Array, prior: Array | None = None) -> Array:
    """Return the lower Cholesky factor, adding jitter to the diagonal until there is one.

    Args:
        covariance: (n, n) float64, n at least 1.
        prior: (n, n) float64, whose diagonal has variances of the usual size; None takes the
            covariance itself.
    """
    from scipy.linalg.lapack import dpotrf

    lower, failed = dpotrf(covariance, lower=1, clean=1)
    if failed:
        sizes = (float(np.mean(np.diag(m))) for m in (prior, covariance) if m is not None)
        jitter = 1e-10 * (next(filter(None, sizes), 1.0))
        while failed:
            jittered = covariance + jitter * np.eye(len(covariance))
            lower, failed = dpotrf(jittered, lower=1, clean=1)
            jitter *= 10.0
    factor: Array = lower
    return factor


def extended(lower: Array, cross: Array, corner: Array) -> Array:
    """Return the lower Cholesky factor of ``[[K, C], [C', D]]`` from that of K.

    Args:
        lower: (n, n) float64, the factor of K.
        cross: (n, m) float64, C.
        corner: (m, m) float64, D; m at least 1.
    """
    n, m = cross.shape
    half = solve_lower(lower, cross)
    whole = np.zeros((n + m, n + m), order="F")
    whole[:n, :n], whole[n:, :n] = lower, half.T
    whole[n:, n:] = factor(corner - half.T @ half, corner)
    return whole


def solve_lower(
    lower: Array, right: Array, *, transposed: bool = False, overwrite: bool = False
) -> Array:
    """Solve ``L z = right`` or ``L' z = right``, maybe in the memory of the right-hand side."""
    from scipy.linalg.lapack import dtrtrs

    # Not scipy.linalg.solve_triangular: its checks take longer than a small system.
    if not right.size:
        return right.copy()
    in_order = lower.flags.f_contiguous  # else LAPACK gets the transposed matrix
    solution, failed = dtrtrs(
        lower if in_order else lower.T,
        right if right.ndim == 2 else right[:, None],
        lower=int(in_order),
        trans=int(transposed == in_order),
        overwrite_b=overwrite,
    )
    if failed:
        raise np.linalg.LinAlgError(f"the triangular matrix is singular at diagonal {failed - 1}")
    shaped: Array = solution if right.ndim == 2 else solution[:, 0]
    return shaped


def regress(lower: Array, y: Array, mean: float | None = None) -> tuple[float, Array, Array]:
    """Return the mean m of y, ``L^-1 (y - m)`` and ``K^-1 (y - m)``, for ``K = L L'``.

    Args:
        lower: (n, n) float64, L.
        y: (n,) float64.
        mean: The mean; None takes that of generalized least squares, ``1'K^-1 y / 1'K^-1 1``.
    """
    both = np.ones((len(y), 2), order="F")
    both[:, 0] = y
    half = solve_lower(lower, both, overwrite=True)
    half_y, half_one = half[:, 0], half[:, 1]
    if mean is None:
        mean = float(half_one @ half_y / (half_one @ half_one))
    residual = half_y - mean * half_one
    return mean, residual, solve_lower(lower, residual, transposed=True)


def inverse(lower: Array) -> Array:
    """Return the inverse of ``L L'``; L has to be 0 above its diagonal."""
    from scipy.linalg.lapack import dpotri

    below, _ = dpotri(lower, lower=1)
    full: Array = below + below.T
    diagonal(full)[:] = below.diagonal()
    return full
