"""Sobol sequence with a digital shift, for the start-up."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError

_SOBOL_SEQ_DIMENSIONS = 40
_SCIPY_DIMENSIONS = 21201
_SHIFT_SIZE = 1 << 32
_sobol_seq_lock = Lock()


def sobol_point(index: int, dimension: int) -> Array:
    """Return a point of the Sobol sequence, (dimension,) float64 in [0, 1).

    The first 40 coordinates are those of ``sobol_seq.i4_sobol``, which Deep-n-Cheap uses, later
    ones those of ``scipy.stats.qmc.Sobol`` without scrambling. A coordinate does not depend on
    how many follow, so that points may be read coordinate by coordinate when the number of
    parameters is not known in advance.

    Args:
        index: Number of the point, at least 1; point 0, the origin, is of no use.
        dimension: Number of coordinates, 1 to 21,201.
    """
    if index < 1:
        raise InputError(f"index must be at least 1, got {index}; the first point is 1.")
    if not 1 <= dimension <= _SCIPY_DIMENSIONS:
        raise InputError(
            f"dimension must be 1 to {_SCIPY_DIMENSIONS}, got {dimension}; search fewer "
            f"parameters."
        )
    point = _leading(index)[:dimension]
    if dimension > _SOBOL_SEQ_DIMENSIONS:
        # A power of two: few sizes, hence few generators to set up.
        size = min(1 << (dimension - 1).bit_length(), _SCIPY_DIMENSIONS)
        later = _trailing(index, size)[_SOBOL_SEQ_DIMENSIONS:dimension]
        point = np.concatenate([point, later])
    return point


def start_coordinate(index: int, coordinate: int, seed: int) -> float:
    """Return a coordinate of a start-up point, in [0, 1): shifted except for the first point.

    Args:
        index: Number of the point, at least 1; point 1 is the middle of all ranges.
        coordinate: Number of the coordinate, from 0.
        seed: Seed of the shift, see :func:`shifted`.
    """
    position = float(sobol_point(index, coordinate + 1)[coordinate])
    return position if index == 1 else shifted(position, coordinate, seed)


def shifted(position: float, coordinate: int, seed: int) -> float:
    """Return a coordinate in [0, 1) after a random digital shift.

    Exclusive or of the binary digits with random ones, the same for all points: every half,
    quarter and eighth of the range is hit as evenly as before (Lemieux 2009, section 6.2.1).

    Args:
        position: The coordinate of the point.
        coordinate: Its number, from 0.
        seed: Seed of the digits, at least 0.
    """
    digits = np.random.default_rng([seed, coordinate]).integers(_SHIFT_SIZE)
    return float((int(position * _SHIFT_SIZE) ^ int(digits)) / _SHIFT_SIZE)


@lru_cache(maxsize=256)
def _leading(index: int) -> Array:
    from sobol_seq import i4_sobol

    # sobol_seq keeps its state in module globals. The lock protects our own threads; another
    # user of sobol_seq in another thread would be as unsafe without us.
    with _sobol_seq_lock:
        point, _ = i4_sobol(_SOBOL_SEQ_DIMENSIONS, index)
    point.setflags(write=False)
    return np.asarray(point, dtype=np.float64)


@lru_cache(maxsize=64)
def _trailing(index: int, size: int) -> Array:
    from scipy.stats import qmc

    engine = qmc.Sobol(size, scramble=False)
    engine.fast_forward(index)
    return np.asarray(engine.random(1)[0], dtype=np.float64)
