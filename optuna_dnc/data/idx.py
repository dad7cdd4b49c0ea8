"""MNIST's own file format, IDX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BYTES = 8  # the format's code for unsigned bytes


def read_idx(path: Path, *, ndim: int) -> NDArray[np.uint8]:
    """The array of bytes in an IDX file, which must have `ndim` axes.

    A file that holds anything else, or less than its header says, is a `ValueError`.
    """
    content = np.fromfile(path, dtype=np.uint8)
    # Two zeros, the type of the values, the number of axes; then each axis' length in four bytes.
    start = 4 + 4 * ndim
    if len(content) < start or content[:4].tolist() != [0, 0, _BYTES, ndim]:
        raise ValueError(f"{path.name} holds no array of bytes with {ndim} axes")
    return content[start:].reshape(content[4:start].view(">u4").tolist())
