"""scikit-learn's own suite of checks for estimators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from optuna_dnc import DNCClassifier, DNCRegressor
from tests.estimators.conftest import SMALL

FLOAT32 = (
    "Networks predict in float32: the last of seven digits depends on which samples are predicted "
    "together, and the check wants seven digits."
)
EXPECTED_FAILURES = {
    "check_methods_subset_invariance": FLOAT32,
    "check_methods_sample_order_invariance": FLOAT32,
}


@parametrize_with_checks(
    [DNCClassifier(**SMALL), DNCRegressor(**SMALL)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
