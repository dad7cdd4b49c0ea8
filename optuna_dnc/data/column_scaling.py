"""Scaling of table columns by their values: two values, rare values, or numbers."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.chunks import Rows, row_chunks
from optuna_dnc.data.normalization import Moments

Scaling: TypeAlias = Literal["standard", "by-kind"]
"""How columns are scaled: all to mean 0 and standard deviation 1, or each by its kind."""

SPARSE = 0.9
"""Share of the most frequent value above which a column is sparse. Standardization would multiply
the other values by more than 3."""

FAR = 6.0
"""Distance from the center, in units of the spread, from which a column has heavy tails. A million
normal values reach 5."""

_SAMPLED = 1000
"""Rows that rule out most columns, so that only the others are counted in all rows."""


class ColumnScaling(NamedTuple):
    """Map of columns, `(x - center) / spread`, each `(columns,)`."""

    center: NDArray[np.float64]
    spread: NDArray[np.float64]
    clipped: NDArray[np.int64]
    """Indices of the columns that are then clipped smoothly, see `normalize_into`."""


def scaling_by_kind(x: Rows, rows: NDArray[np.int64], moments: Moments) -> ColumnScaling:
    """Choose the scaling of each column of `x[rows]` by its kind.

    - Of two values the lower becomes 0 and the higher 1, so that one-hot columns stay as they are.
      Standardized, a category with the share p would become `1 / sqrt(p)`.
    - Where more than `SPARSE` of the values are equal, these become 0, and the others get the
      root mean square 1.
    - Other columns are standardized.
    - Columns that then reach further than `FAR` from 0 are clipped smoothly.

    x: (N, columns), raw; rows: (n,) indices, at least one; moments: those of `x[rows]`.
    """
    mean, std, constant, low, high = moments
    n = len(rows)
    sample = next(part for _, part in row_chunks(x, rows[:: max(1, n // _SAMPLED)]))
    middle = np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2].astype(np.float64)
    has_two = np.all((sample == low) | (sample == high), axis=0)
    is_frequent = np.mean(sample == middle, axis=0) > 0.5
    counted = np.flatnonzero((has_two | is_frequent) & ~constant)
    n_low, n_high, n_middle = _counts(x, rows, counted, (low, high, middle))

    center, spread = mean.copy(), std.copy()
    has_two = n_low + n_high == n
    two = counted[has_two]
    center[two], spread[two] = low[two], (high - low)[two]
    is_sparse = (n_middle > SPARSE * n) & ~has_two
    sparse = counted[is_sparse]
    center[sparse] = middle[sparse]
    from_middle = np.hypot(std, mean - middle)[sparse]  # root mean square of all values
    spread[sparse] = from_middle * np.sqrt(n / (n - n_middle[is_sparse]))
    reach = np.maximum(high - center, center - low) / spread
    return ColumnScaling(center, spread, np.flatnonzero((reach > FAR) & ~constant))


def _counts(
    x: Rows,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: tuple[NDArray[np.float64], ...],
) -> NDArray[np.int64]:
    """Count how often the columns of `x[rows]` take each of their values, (values, columns)."""
    counts = np.zeros((len(values), len(columns)), dtype=np.int64)
    for _, chunk in row_chunks(x, rows) if len(columns) else ():
        part = chunk[:, columns]
        for count, value in zip(counts, values, strict=True):
            count += np.count_nonzero(part == value[columns], axis=0)
    return counts
