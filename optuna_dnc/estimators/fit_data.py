"""Arguments of ``fit``: samples, their weights, and samples to validate with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array

from optuna_dnc._errors import InputError, shown


@dataclass(frozen=True, eq=False)
class FitData:
    """Checked arrays to fit."""

    x: NDArray[Any]
    """``(n, *input_shape)``."""
    y: NDArray[Any]
    """``(n,)`` or ``(n, targets)``."""
    weights: NDArray[np.float64] | None = None
    """``(n,)``, what each sample counts; None if all count the same."""
    held_out: NDArray[np.bool_] | None = None
    """``(n,)``, the samples to validate with; None for a random split."""

    def with_weights(self, sample_weight: Any) -> FitData:
        """Return the same with the argument ``sample_weight`` of ``fit``.

        Raises:
            ValueError: It is no array of numbers of this length.
        """
        if sample_weight is None:
            return self
        weights = check_array(
            sample_weight, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
        )
        if weights.shape != (len(self.x),):
            raise InputError(
                f"sample_weight must have the shape ({len(self.x)},), one weight for each sample "
                f"of X, got {weights.shape}; reshape it."
            )
        return replace(self, weights=weights)

    def with_eval_set(
        self, eval_set: Any, check: Callable[[Any, Any], tuple[NDArray[Any], NDArray[Any]]]
    ) -> FitData:
        """Return the same with the samples of ``eval_set``, which are held out.

        Args:
            eval_set: ``(X, y)``, a list of one such pair, or None.
            check: Returns checked arrays of such a pair, like those of ``fit``.

        Raises:
            InputError: It is no pair, or its samples are not like those of ``fit``.
        """
        if eval_set is None:
            return self
        if isinstance(eval_set, list) and len(eval_set) == 1:
            (eval_set,) = eval_set
        if not isinstance(eval_set, tuple | list) or len(eval_set) != 2:
            raise InputError(
                f"eval_set must be a pair (X, y) of samples to validate with, got "
                f"{shown(eval_set)}; give one pair."
            )
        x, y = check(*eval_set)
        weights = self.weights
        if weights is not None:
            weights = np.concatenate([weights, np.ones(len(x))])
        return FitData(
            x=np.concatenate([self.x, x]),
            y=np.concatenate([self.y, y]),
            weights=weights,
            held_out=np.arange(len(self.x) + len(x)) >= len(self.x),
        )
