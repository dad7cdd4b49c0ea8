"""Fitted hyperparameters that the workers of a study share.

Workers that ask with the same trials fit the same hyperparameters, each for itself. A fit costs
more than all else that a proposal needs, and most of the fits of eight workers were made before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.exceptions import OptunaError
from optuna.study import Study

from optuna_dnc._arrays import Array
from optuna_dnc._optuna_compat import set_study_attribute, study_attributes

_ATTRIBUTE = "dnc:fit:"
"""Start of the names of system attributes of a study, one a surrogate, with its latest fit."""


@dataclass(frozen=True)
class SharedFits:
    """The fits of a study, kept in its storage; they only save time.

    A fit has the digest of the data that it was computed from, so that a worker never takes one
    that it would not have computed itself.
    """

    study: Study

    def get(self, name: str, digest: bytes, size: int, fit: Callable[[], Array]) -> Array:
        """Return hyperparameters, (size,) float64: another worker's, or new ones.

        Args:
            name: Name of the surrogate.
            digest: Digest of all that its hyperparameters depend on.
            size: Their number.
            fit: Computes them.
        """
        key, data = _ATTRIBUTE + name, digest.hex()
        with suppress(OptunaError):
            known = study_attributes(self.study).get(key)
            if (values := _values(known, data, size)) is not None:
                return values
        fitted = fit()
        with suppress(OptunaError):  # a storage that is busy; nothing depends on the record
            set_study_attribute(self.study, key, {"data": data, "values": fitted.tolist()})
        return fitted


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
