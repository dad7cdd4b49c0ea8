"""Chunks of the rows of large arrays, also of arrays in files."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_CHUNK_VALUES = 2**19
"""Values of a chunk: 4 MB in float64, small beside any data set and large enough for NumPy's loops
to be cheap."""


class Rows(Protocol):
    """An array, or an object from which rows are taken as from an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""

    @property
    def ndim(self) -> int:
        """Number of dimensions."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


def row_chunks(
    x: Rows, rows: NDArray[np.int64] | None = None
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Iterate over chunks of the rows of `x`, or of `x[rows]`, each with its slice.

    At most one chunk of a memory-mapped array stays in memory.
    """
    n = len(x) if rows is None else len(rows)
    step = max(1, _CHUNK_VALUES // max(1, math.prod(x.shape[1:])))
    for start in range(0, n, step):
        place = slice(start, min(start + step, n))
        yield place, x[place] if rows is None else x[rows[place]]
        give_back(x)


def give_back(x: Rows) -> None:
    """Free the pages of a memory-mapped array; they are read again when needed."""
    base: Any = x
    while isinstance(base, np.ndarray):
        # In a mode other than "r" there may be changes that are not in the file.
        if isinstance(base, np.memmap) and base.mode != "r":
            return
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
