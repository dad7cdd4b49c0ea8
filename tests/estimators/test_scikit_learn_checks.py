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
SGD = (
    "Batches are drawn at random: a sample of weight 2 is in one batch, two copies of it in two, "
    "and the networks differ."
)
CHOSEN = (
    "Class weights change the training loss. Networks and epochs are chosen by the metric on "
    "validation samples, the accuracy, which weights of 1000 and 0.0001 only make worse."
)
EXPECTED_FAILURES = {
    "check_class_weight_classifiers": CHOSEN,
    "check_sample_weight_equivalence_on_dense_data": SGD,
    "check_methods_subset_invariance": FLOAT32,
    "check_methods_sample_order_invariance": FLOAT32,
}


@parametrize_with_checks(
    [DNCClassifier(**SMALL), DNCRegressor(**SMALL)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
