"""Samples of ``fit`` and ``predict`` as arrays: data frames of any columns are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_X_y
from sklearn.utils.validation import validate_data

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing
from optuna_dnc.data.frames import (
    check_numeric_columns,
    column_names,
    is_mixed_frame,
    is_table,
)

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Table


class Features(NamedTuple):
    """Checked samples."""

    x: NDArray[Any]
    """``(n, *input_shape)``."""
    names: tuple[str, ...] | None
    """Of the inputs, if X was a data frame."""
    table: Table | None = None
    """The columns that the inputs were encoded from, if X had more than numbers."""


def checked_features(
    estimator: BaseEstimator, X: Any, y: Any, **checks: Any
) -> tuple[Features, NDArray[Any]]:
    """Return samples and targets of ``fit``; scikit-learn's attributes of X are set.

    Args:
        estimator: Gets ``n_features_in_`` and ``feature_names_in_``.
        X: Samples.
        y: Targets.
        **checks: Arguments of scikit-learn's ``check_X_y``.
    """
    if is_mixed_frame(X):
        from optuna_dnc.data.tables.data_frames import frame_table  # arrays need no pyarrow
        from optuna_dnc.data.tables.table import Table

        X, y = validate_data(estimator, X, y, skip_check_array=True)
        rows = frame_table(X, "X")
        table = Table.of(rows, {})
        in_place = np.zeros((rows.num_rows, 1))  # scikit-learn would convert X
        _, y = check_X_y(in_place, y, estimator=estimator, **checks)
        return Features(table.encode(rows, "X").x, table.inputs, table), y
    x, y = validate_data(estimator, X, y, dtype="numeric", allow_nd=True, **checks)
    return Features(x, column_names(X)), y


def features_to_predict(
    estimator: BaseEstimator, X: Any, preprocessing: Preprocessing
) -> NDArray[Any]:
    """Return samples to predict, or to compare with those of ``fit``, as an array.

    Raises:
        ValueError: They are not like those of ``fit``.
    """
    if preprocessing.table is not None:
        if not is_table(X):
            raise InputError(
                f"X must be a data frame with the columns of the training data, got a "
                f"{type(X).__name__}; give the columns by name."
            )
        return preprocessing.checked(X)
    names = column_names(X)
    if names is not None:
        check_numeric_columns(X, "X")
    checked: NDArray[Any] = validate_data(
        estimator, X, reset=False, dtype="numeric", allow_nd=True
    )
    # scikit-learn checks names only if they are strings, and refuses another order.
    return checked if names is None else preprocessing.in_order(checked, names, "X")
