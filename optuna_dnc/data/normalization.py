"""Normalization of raw features in chunks of rows: mean, standard deviation, arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc.data.chunks import Rows, row_chunks
from optuna_dnc.data.rounding import within_rounding

_SQUARABLE = (1e-100, 1e100)
"""Differences between these have squares that float64 can add up."""

SOFT_LIMIT = 3.0
"""Bound of values that are clipped smoothly."""


class Moments(NamedTuple):
    """Statistics of features, or of the channels of images, each ``(features,)``."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    """1 for constant features."""
    constant: NDArray[np.bool_]
    """Whether all values are equal but for rounding."""
    low: NDArray[np.float64]
    """Lowest raw value, not multiplied by the scale."""
    high: NDArray[np.float64]
    """Highest raw value, not multiplied by the scale."""


def feature_moments(x: Rows, rows: NDArray[np.int64], scale: float) -> Moments:
    """Compute mean and standard deviation of `x[rows] * scale` in two passes over chunks.

    x: (N, features) or (N, channels, height, width), raw; rows: (n,) indices, at least one.

    Sums are in float64, of differences from the first value: a sum of time stamps has no digits
    left for their differences. Values as small as 1e-200 or as large as 1e200 are divided by their
    range before they are squared.
    """
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    n = len(rows) * int(np.prod(x.shape[2:]))
    first = x[rows[0]].reshape(x.shape[1], -1)[:, 0].astype(np.float64)
    shift = _per_feature(first, x.ndim)
    total = np.zeros(x.shape[1])
    low, high = first.copy(), first.copy()
    for _, chunk in row_chunks(x, rows):
        low = np.minimum(low, chunk.min(axis=axes))
        high = np.maximum(high, chunk.max(axis=axes))
        difference = chunk.astype(np.float64)
        difference -= shift
        total += difference.sum(axis=axes)
    mean, width = first + total / n, high - low
    constant = within_rounding(low, high, x.dtype)
    unit = np.where(constant | ((_SQUARABLE[0] < width) & (width < _SQUARABLE[1])), 1.0, width)
    squares = np.zeros(x.shape[1])
    for _, chunk in row_chunks(x, rows):
        deviation = chunk.astype(np.float64)
        deviation -= _per_feature(mean, x.ndim)
        if np.any(unit != 1.0):
            deviation /= _per_feature(unit, x.ndim)
        np.square(deviation, out=deviation)
        squares += deviation.sum(axis=axes)
    std = unit * np.sqrt(squares / n)
    constant |= std == 0
    return Moments(scale * mean, np.where(constant, 1.0, scale * std), constant, low, high)


def normalize_into(
    out: torch.Tensor,
    x: Rows,
    *,
    rows: NDArray[np.int64] | None = None,
    scale: float,
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
    clipped: Sequence[int] = (),
) -> None:
    """Write `z = (x[rows] * scale - mean) / std` to `out`, computed in float64 a chunk at a time.

    The columns of `clipped` get `z / sqrt(1 + (z / 3)**2)`, which stays within -3 and 3 and hardly
    changes values near 0 (RealMLP, arXiv 2407.04491).

    out: (n, *shape) float32, on any device and in any memory format; x: (N, *shape), raw;
    rows: (n,) indices, all rows if None; mean, std: (channels,) or (features,); clipped: indices
    of columns, for tables only.
    """
    if x.dtype == np.uint8 and x.ndim == 4:
        _look_up_into(out, x, rows=rows, scale=scale, mean=mean, std=std)
        return
    mean, std = _per_feature(mean, x.ndim), _per_feature(std, x.ndim)
    for place, part in row_chunks(x, rows):
        chunk = part.astype(np.float64)
        chunk *= scale
        chunk -= mean
        chunk /= std
        if clipped:
            # hypot(1, z) is sqrt(1 + z**2), also where z**2 would be infinite.
            chunk[:, clipped] /= np.hypot(1.0, chunk[:, clipped] / SOFT_LIMIT)
        out[place] = torch.from_numpy(chunk)


def denormalized(
    inputs: torch.Tensor,
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
    clipped: Sequence[int],
) -> NDArray[np.float64]:
    """Return the raw features of a table for normalized ones, both (n, features).

    It inverts `normalize_into`, up to rounding.
    """
    z = inputs.to("cpu", torch.float64).numpy().copy()
    tails = list(clipped)
    z[:, tails] /= np.sqrt(np.maximum(1 - (z[:, tails] / SOFT_LIMIT) ** 2, 1e-12))
    values: NDArray[np.float64] = z * std + mean
    return values


def _look_up_into(
    out: torch.Tensor,
    x: Rows,
    *,
    rows: NDArray[np.int64] | None,
    scale: float,
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
) -> None:
    """Normalize images of bytes by a table of the 256 values that each channel can take."""
    tables = ((np.arange(256) * scale - mean[:, None]) / std[:, None]).astype(np.float32)
    for place, part in row_chunks(x, rows):
        for channel, table in enumerate(tables):
            # No byte is beyond its table, and mode="clip" spares the check that none is.
            values = np.take(table, part[:, channel], mode="clip")
            out[place, channel] = torch.from_numpy(values)


def _per_feature(values: NDArray[np.float64], ndim: int) -> NDArray[np.float64]:
    return values.reshape(1, -1, *(1,) * (ndim - 2))
