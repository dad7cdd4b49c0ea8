"""Arguments of ``fit``: samples, their weights, and samples to validate with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_X_y
from sklearn.utils.validation import check_array, validate_data

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.arrays import as_array
from optuna_dnc.data.frames import (
    check_names,
    check_numeric_columns,
    column_names,
    frame_array,
    is_mixed_frame,
    is_table,
)

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Table


@dataclass(frozen=True, eq=False)
class FitData:
    """Checked arrays to fit."""

    x: NDArray[Any]
    """``(n, *input_shape)``."""
    y: NDArray[Any]
    """``(n,)``, or ``(n, targets)`` of several."""
    weights: NDArray[np.float64] | None = None
    """``(n,)``, what each sample counts; None if all count the same."""
    held_out: NDArray[np.bool_] | None = None
    """``(n,)``, the samples to validate with; None for a random split."""
    names: tuple[str, ...] | None = None
    """Of the inputs, if X was a data frame."""
    table: Table | None = None
    """The columns that the inputs were encoded from, if X had more than numbers."""

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
        x, y = map(as_array, check(*eval_set), ("eval_set X", "eval_set y"))
        weights = self.weights
        if weights is not None:
            weights = np.concatenate([weights, np.ones(len(x))])
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            y=np.concatenate([self.y, y]),
            weights=weights,
            held_out=np.arange(len(self.x) + len(x)) >= len(self.x),
        )


def checked_fit_data(estimator: BaseEstimator, X: Any, y: Any, **checks: Any) -> FitData:
    """Return samples and targets of ``fit``; scikit-learn's attributes of X are set.

    Args:
        estimator: Gets ``n_features_in_`` and ``feature_names_in_``.
        X: Samples.
        y: Targets.
        **checks: Arguments of scikit-learn's ``check_X_y``.
    """
    check_names(column_names(X) or (), "X")
    y = _without_mask(y)
    if not is_mixed_frame(X):
        x, y = validate_data(estimator, X, y, dtype="numeric", allow_nd=True, **checks)
        names = column_names(X)
        if names is not None:  # the dtype with which the same frame is loaded for a refit
            x = frame_array(X, "X")
        return FitData(as_array(x, "X"), as_array(y, "y"), names=names)
    from optuna_dnc.data.tables.data_frames import frame_table  # arrays need no pyarrow
    from optuna_dnc.data.tables.table import Table

    X, y = validate_data(estimator, X, y, skip_check_array=True)
    rows = frame_table(X, "X")
    table = Table.of(rows, {})
    in_place = np.zeros((rows.num_rows, 1))  # scikit-learn would convert X
    _, y = check_X_y(in_place, y, estimator=estimator, **checks)
    return FitData(table.encode(rows, "X").x, as_array(y, "y"), names=table.inputs, table=table)


def _without_mask(y: Any) -> Any:
    """Return nullable integers and booleans as such, of which scikit-learn makes floats."""
    dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if dtype is None or dtype.kind not in "biu" or y.isna().any():
        return y
    return y.to_numpy(dtype=dtype)


def samples_like(estimator: BaseEstimator, X: Any, table: Table | None) -> NDArray[Any]:
    """Return samples as an array that is checked for the features of those of ``fit``.

    Args:
        estimator: Has the attributes of X.
        X: Samples.
        table: The columns that those of ``fit`` were encoded from; None for numbers.
    """
    if table is not None:
        if not is_table(X):
            raise InputError(
                "X must be a data frame with the columns of the training data, got a "
                f"{type(X).__name__}; give the columns by name."
            )
        inputs: NDArray[Any] = table.inputs_of(X, "X")
        return inputs
    if column_names(X) is not None:
        check_numeric_columns(X, "X")
    checked: NDArray[Any] = validate_data(
        estimator, X, reset=False, dtype="numeric", allow_nd=True
    )
    return checked
