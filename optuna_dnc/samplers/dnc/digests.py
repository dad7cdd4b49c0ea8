"""Digests that tell whether something was computed from the same data."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.space import SearchSpace


def digest_of(space: SearchSpace, number: int, *arrays: NDArray[np.generic]) -> bytes:
    """Return a digest of a space, a number, and arrays of any shape."""
    digest = hashlib.blake2b(space.identity + repr(number).encode())
    for array in arrays:
        digest.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return digest.digest()
