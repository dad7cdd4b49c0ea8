"""A scikit-learn regressor that searches its network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from optuna_dnc.estimators.base import DNCEstimator, names_of_numeric_columns


class DNCRegressor(RegressorMixin, DNCEstimator):  # type: ignore[misc]
    """Finds a small, accurate network for a regression and predicts with it.

    Parameters and attributes as :class:`DNCClassifier`, without ``classes_``. The error of the
    search is the MSE over the variance of the targets, ``1 - R^2`` as ``score`` gives it.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> DNCRegressor:
        """Search and train a network.

        Args:
            X: ``(n, features)`` or ``(n, channels, height, width)``: array, or data frame of
                numbers. Features are normalised.
            y: ``(n,)`` or ``(n, targets)`` numbers in any unit; they are standardised.
        """
        names = names_of_numeric_columns(X)
        X, y = validate_data(
            self,
            X,
            y,
            dtype="numeric",
            allow_nd=True,
            ensure_min_samples=2,
            multi_output=True,
            y_numeric=True,
        )
        # Numbers stay in their type: the folder of the search knows its data by it.
        self._fit(X, y if y.dtype.kind in "iuf" else y.astype(np.float64), "regression", names)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Values in the targets' unit, ``(n,)`` or ``(n, targets)``, for samples as in `fit`."""
        samples = self._checked(X)
        values: NDArray[Any] = self.network_.predictor.predict(samples)
        return values
