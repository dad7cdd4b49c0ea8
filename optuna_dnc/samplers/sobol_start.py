"""Points of the Sobol sequence for the start-up trials."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import count, islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from optuna_dnc._errors import InputError
from optuna_dnc.samplers.history import is_informative

Array = NDArray[np.float64]

_SOBOL_SEQ_DIMENSIONS = 40
_SCIPY_DIMENSIONS = 21201
_sobol_seq_lock = Lock()


def sobol_point(index: int, dimension: int) -> Array:
    """Return a point of the Sobol sequence, (dimension,) float64 in [0, 1).

    The first 40 coordinates are those of ``sobol_seq.i4_sobol``, which Deep-n-Cheap uses, later
    ones those of ``scipy.stats.qmc.Sobol`` without scrambling. A coordinate does not depend on
    how many follow, so that points may be read coordinate by coordinate when the number of
    parameters is not known in advance.

    Args:
        index: Number of the point, at least 1; point 0 is the origin, which helps nobody.
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


def start_index(trials: Iterable[FrozenTrial], trial: FrozenTrial, name: str) -> int:
    """Return which point of the sequence a parameter of a start-up trial is read from.

    Trial k takes point k + 1. A parameter that only some trials have, one of a branch or of a
    layer that not every network has, takes the points in the order in which trials come to have
    it. So what is seen first of a branch is its middle, then points that fill it evenly; of one
    sequence for all, a branch would get whichever points happen to fall into it.

    Args:
        trials: Those of the study.
        trial: The one that asks.
        name: Of the parameter.
    """
    others = [t for t in trials if t.number != trial.number]
    without = [t for t in others if is_informative(t) and name not in t.params]
    known_since = min((t.datetime_complete or _begun(t) for t in without), default=datetime.max)
    if _begun(trial) < known_since:
        return trial.number + 1
    having = [t for t in others if name in t.params]
    # Other workers may have begun before anybody knew.
    taken = {t.number + 1 for t in having if _begun(t) < known_since}
    free = (index for index in count(1) if index not in taken)
    return next(islice(free, len(having) - len(taken), None))


def _begun(trial: FrozenTrial) -> datetime:
    return trial.datetime_start or datetime.min


@lru_cache(maxsize=256)
def _leading(index: int) -> Array:
    from sobol_seq import i4_sobol

    # sobol_seq keeps its state in module globals. The lock covers our own threads only, which is
    # enough: another user of it in another thread would be as unsafe without us.
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
