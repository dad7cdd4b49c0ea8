"""Fitted hyperparameters that the workers of a study share.

Workers that ask with the same trials fit the same hyperparameters, each for itself. A fit costs
more than all else that a proposal needs, and most of the fits of eight workers were made before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from optuna.exceptions import OptunaError
from optuna.study import Study

from optuna_dnc._arrays import Array
from optuna_dnc._optuna_compat import set_study_attribute, study_attributes

_ATTRIBUTE = "dnc:fit:"
"""Start of the names of system attributes of a study, one a surrogate, with its latest fit."""
_FIRST_LOOK_SECONDS = 0.01
"""A fit takes less where cores are free; the time doubles from look to look."""

Look: TypeAlias = Callable[[], None]
"""Ends a fit by an exception if another worker has stored its result."""


@dataclass(frozen=True)
class SharedFits:
    """The fits of a study, kept in its storage; they only save time.

    A fit has the digest of the data that it was computed from, so that a worker never takes one
    that it would not have computed itself.
    """

    study: Study

    def get(self, name: str, digest: bytes, size: int, fit: Callable[[Look], Array]) -> Array:
        """Return hyperparameters, (size,) float64: another worker's, or new ones.

        On busy cores a fit takes so long that another worker, which began it a little earlier,
        often ends it first. So a fit that takes long looks for that record now and then.

        Args:
            name: Name of the surrogate.
            digest: Digest of all that its hyperparameters depend on.
            size: Their number.
            fit: Computes them, and calls its argument after each iteration.
        """
        key, data = _ATTRIBUTE + name, digest.hex()

        def known() -> Array | None:
            with suppress(OptunaError):
                return _values(study_attributes(self.study).get(key), data, size)
            return None

        if (values := known()) is not None:
            return values
        began, wait = time.monotonic(), _FIRST_LOOK_SECONDS

        def look() -> None:
            nonlocal wait
            if time.monotonic() - began > wait:
                wait *= 2
                if (values := known()) is not None:
                    raise _FittedElsewhere(values)

        try:
            fitted = fit(look)
            look()
        except _FittedElsewhere as end:
            return end.values
        with suppress(OptunaError):  # a storage that is busy; nothing depends on the record
            set_study_attribute(self.study, key, {"data": data, "values": fitted.tolist()})
        return fitted


class _FittedElsewhere(Exception):  # noqa: N818 - not an error
    """Ends a fit whose result another worker has stored."""

    def __init__(self, values: Array) -> None:
        self.values = values


def _values(known: Any, data: str, size: int) -> Array | None:
    """Return the hyperparameters of a record; None if they are of other data or damaged."""
    if not isinstance(known, dict) or known.get("data") != data:
        return None
    values = known.get("values")
    if not isinstance(values, list) or len(values) != size:
        return None
    if not all(isinstance(v, float) and math.isfinite(v) and v > 0 for v in values):
        return None
    return np.array(values, dtype=np.float64)
