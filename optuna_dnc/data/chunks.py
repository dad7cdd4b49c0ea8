"""Walk over the rows of a large array a few megabytes at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

# 4 MB in float64: small beside any data set, large enough for NumPy's loops to be cheap.
_CHUNK_VALUES = 2**19


def row_chunks(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The (start, stop) of consecutive groups of rows of an array of this shape."""
    rows = max(1, _CHUNK_VALUES // max(1, math.prod(shape[1:])))
    for start in range(0, shape[0], rows):
        yield start, min(start + rows, shape[0])
