"""Columns of tables that hold numbers, and bins of their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW = 4
"""Distinct values up to which a column counts as a category."""

MOST_COLUMNS = 128
"""Numeric columns up to which a table is encoded: with bins, it gets 8 to 32 times as wide."""

_SAMPLED = 4_000
"""Evenly spread rows from which distinct values are counted."""

_MOST_VALUES = 2**22
"""Values of all these rows together, which bounds memory."""


def numeric_columns(x: NDArray[Any], most: int) -> dict[int, int]:
    """Return the columns with more than `FEW` distinct values, and how many bins each can have.

    x: (n, columns), raw; most: the largest number of bins. Empty if there are more than
    `MOST_COLUMNS` such columns.
    """
    n_rows = max(1, min(_SAMPLED, _MOST_VALUES // x.shape[1]))
    ordered = np.sort(x[:: -(-len(x) // n_rows)], axis=0)
    distinct = 1 + np.count_nonzero(ordered[1:] != ordered[:-1], axis=0)
    columns = np.flatnonzero(distinct > FEW)
    if len(columns) > MOST_COLUMNS:
        return {}
    return {int(column): int(min(most, distinct[column] - 1)) for column in columns}


def bin_edges(values: NDArray[Any], n_bins: int) -> NDArray[Any]:
    """Return the edges of bins with about as many values each, ascending.

    A frequent value has a bin of its own, and the others share the rest, so that there are
    always n_bins bins where values has more distinct ones.

    values: (n,), at least one. Returns (k + 1,) for k bins.
    """
    distinct, counts = np.unique(values, return_counts=True)
    below = np.concatenate([[0], np.cumsum(counts)])
    places = [0]
    for left in range(min(n_bins, len(distinct) - 1), 1, -1):
        done = below[places[-1]]
        place = int(np.searchsorted(below, done + (len(values) - done) / left))
        # Each bin is at least one value wide, also those that are still to come.
        places.append(min(max(place, places[-1] + 1), len(distinct) - left))
    if len(distinct) > 1:
        places.append(len(distinct) - 1)
    edges: NDArray[Any] = distinct[places]
    return edges
