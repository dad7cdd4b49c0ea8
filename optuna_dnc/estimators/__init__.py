"""scikit-learn estimators that search their network."""

from __future__ import annotations

from optuna_dnc.estimators.classifier import DNCClassifier
from optuna_dnc.estimators.regressor import DNCRegressor

__all__ = ["DNCClassifier", "DNCRegressor"]
