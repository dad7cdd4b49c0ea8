"""Mean and standard deviation of raw features, and the arithmetic that applies them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc.data.chunks import row_chunks


def feature_moments(
    x: NDArray[Any], rows: NDArray[np.int64], scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of `x[rows] * scale`, each (channels,) or (features,) float64.

    x: (N, features) or (N, channels, height, width), raw; rows: (n,) indices. A constant feature
    has standard deviation 1, so that it becomes 0 and not NaN.

    Two passes in chunks: sums of squares would lose the spread of features far from zero.
    """
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    n = len(rows) * int(np.prod(x.shape[2:]))
    total = np.zeros(x.shape[1])
    low, high = np.full(x.shape[1], np.inf), np.full(x.shape[1], -np.inf)
    for start, stop in row_chunks((len(rows), *x.shape[1:])):
        chunk = x[rows[start:stop]]
        total += chunk.sum(axis=axes, dtype=np.float64)
        low = np.minimum(low, chunk.min(axis=axes))
        high = np.maximum(high, chunk.max(axis=axes))
    mean = scale * total / n
    squares = np.zeros(x.shape[1])
    for start, stop in row_chunks((len(rows), *x.shape[1:])):
        chunk = x[rows[start:stop]].astype(np.float64)
        chunk *= scale
        chunk -= _per_feature(mean, x.ndim)
        np.square(chunk, out=chunk)
        squares += chunk.sum(axis=axes)
    std = np.sqrt(squares / n)
    # A constant 0.1 has a mean that is off by a rounding error, so its std is not exactly zero.
    return mean, np.where((low == high) | (std == 0), 1.0, std)


def normalise_into(
    out: torch.Tensor,
    x: NDArray[Any],
    *,
    rows: NDArray[np.int64] | None = None,
    scale: float,
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
) -> None:
    """Write `(x[rows] * scale - mean) / std` to `out`, computed in float64 a chunk at a time.

    out: (n, *shape) float32, on any device and in any memory format; x: (N, *shape), raw;
    rows: (n,) indices, all rows if None; mean, std: (channels,) or (features,).
    """
    if x.dtype == np.uint8 and x.ndim == 4:
        _look_up_into(out, x, rows=rows, scale=scale, mean=mean, std=std)
        return
    mean, std = _per_feature(mean, x.ndim), _per_feature(std, x.ndim)
    for start, stop in row_chunks(tuple(out.shape)):
        part = x[start:stop] if rows is None else x[rows[start:stop]]
        chunk = part.astype(np.float64)
        chunk *= scale
        chunk -= mean
        chunk /= std
        out[start:stop] = torch.from_numpy(chunk)


def _look_up_into(
    out: torch.Tensor,
    x: NDArray[np.uint8],
    *,
    rows: NDArray[np.int64] | None,
    scale: float,
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
) -> None:
    """The same for images of bytes: the 256 values that a channel can take are computed once."""
    tables = ((np.arange(256) * scale - mean[:, None]) / std[:, None]).astype(np.float32)
    for start, stop in row_chunks(tuple(out.shape)):
        part = x[start:stop] if rows is None else x[rows[start:stop]]
        for channel, table in enumerate(tables):
            # No byte is beyond its table, and mode="clip" spares the check that none is.
            values = np.take(table, part[:, channel], mode="clip")
            out[start:stop, channel] = torch.from_numpy(values)


def _per_feature(values: NDArray[np.float64], ndim: int) -> NDArray[np.float64]:
    return values.reshape(1, -1, *(1,) * (ndim - 2))
