"""A scikit-learn regressor that searches its network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from optuna_dnc.estimators.base import DNCEstimator
from optuna_dnc.estimators.features import checked_features


class DNCRegressor(RegressorMixin, DNCEstimator):  # type: ignore[misc]
    """Regressor that searches a small, accurate network.

    It has the parameters and attributes of :class:`DNCClassifier`, except ``classes_``. The error
    of the search is the MSE over the variance of the targets, ``1 - R^2``.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> DNCRegressor:
        """Search and train a network.

        Args:
            X: As for :meth:`DNCClassifier.fit`.
            y: ``(n,)`` or ``(n, targets)`` numbers in any unit; they are standardized.
        """
        features, y = checked_features(
            self, X, y, ensure_min_samples=2, multi_output=True, y_numeric=True
        )
        # The dtype of numbers is kept: it is part of the fingerprint of the data.
        self._fit(features, y if y.dtype.kind in "iuf" else y.astype(np.float64), "regression")
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict values ``(n,)`` or ``(n, targets)`` in the targets' unit."""
        samples = self._checked(X)
        values: NDArray[Any] = self.network_.predictor.predict(samples)
        return values
