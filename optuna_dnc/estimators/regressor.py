"""A scikit-learn regressor that searches its network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, check_consistent_length

from optuna_dnc._units import common_unit
from optuna_dnc.estimators.base import DNCEstimator
from optuna_dnc.estimators.fit_data import checked_fit_data, samples_like


class DNCRegressor(RegressorMixin, DNCEstimator):  # type: ignore[misc]
    """Regressor that searches a small, accurate network.

    It has the parameters and attributes of :class:`DNCClassifier`, except ``classes_``. The error
    of the search is the MSE over the variance of the targets, ``1 - R^2``, unless ``scoring``
    names another metric; ``score`` returns R^2 in any case.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> DNCRegressor:
        """Search and train a network.

        Args:
            X: As for :meth:`DNCClassifier.fit`.
            y: ``(n,)`` or ``(n, targets)`` numbers in any unit; they are standardized.
            sample_weight: ``(n,)`` of at least 0, what each sample counts in the training and in
                the metric; None if all count the same.
            eval_set: ``(X, y)`` to validate with, instead of a random part of X. The network is
                never trained on it, and not trained again at the end.
        """
        data = checked_fit_data(
            self, X, y, ensure_min_samples=2, multi_output=True, y_numeric=True
        )
        # The dtype of numbers is kept: it is part of the fingerprint of the data.
        data = data.with_weights(sample_weight)
        if data.y.dtype.kind not in "iuf":
            data = replace(data, y=data.y.astype(np.float64))

        def checked(X_val: Any, y_val: Any) -> tuple[NDArray[Any], NDArray[Any]]:
            x = samples_like(self, X_val, data.table)
            targets = check_array(y_val, ensure_2d=False, dtype="numeric")
            check_consistent_length(x, targets)
            return x, targets.reshape(len(targets), *data.y.shape[1:])

        self._fit(data.with_eval_set(eval_set, checked), "regression")
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict values ``(n,)`` or ``(n, targets)`` in the targets' unit."""
        samples = self._checked(X)
        values: NDArray[Any] = self.network_.predictor.predict(samples)
        return values

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the R^2 of predictions for X, the mean over several targets, as ``r2_score``.

        Targets may be so small or large that their squares are beyond float64.
        """
        from sklearn.metrics import r2_score  # takes a second to load

        predicted = self.predict(X)
        true = np.asarray(check_array(y, ensure_2d=False, dtype="numeric"), dtype=np.float64)
        check_consistent_length(predicted, true)
        unit: Any = 1.0
        if true.size == predicted.size:
            true = true.reshape(predicted.shape)
            unit = common_unit(true, predicted)
        return float(r2_score(true / unit, predicted / unit, sample_weight=sample_weight))
