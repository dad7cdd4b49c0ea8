"""Arguments of the estimators: scoring, class_weight, sample_weight, eval_set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optuna_dnc import DNCClassifier, DNCRegressor, InputError
from tests.estimators.conftest import SMALL

Data = tuple[np.ndarray, np.ndarray]


def classifier(**changes: Any) -> DNCClassifier:
    return DNCClassifier(**{**SMALL, "random_state": 0, **changes})


def regressor(**changes: Any) -> DNCRegressor:
    return DNCRegressor(**{**SMALL, "random_state": 0, **changes})


def test_scoring_is_the_metric_of_the_search_and_not_of_score(blobs: Data) -> None:
    x, y = blobs
    model = classifier(scoring="neg_log_loss").fit(x, y)
    assert model.result_.summary["metric"] == "log_loss"
    assert model.score(x, y) == np.mean(model.predict(x) == y)
    named = classifier(metric="log_loss").fit(x, y)
    assert named.best_config_ == model.best_config_


def test_scoring_must_name_one_metric(blobs: Data) -> None:
    with pytest.raises(InputError, match="leave one of them out"):
        classifier(scoring="accuracy", metric="roc_auc").fit(*blobs)
    with pytest.raises(InputError, match="scoring must be the name of a metric"):
        classifier(scoring=max).fit(*blobs)


@pytest.mark.parametrize("names", [np.array([5, 7, 9]), np.array(["a", "b", "c"])])
def test_class_weights_are_by_the_labels_of_y(blobs: Data, names: np.ndarray) -> None:
    x, y = blobs
    model = classifier(class_weight={names[2].item(): 100.0}).fit(x, names[y])
    settings = model.result_.summary["settings"]
    assert settings["class_weight"] == {"2": 100.0}
    with pytest.raises(InputError, match="class_weight: the label 0 is unknown"):
        classifier(class_weight={0: 2.0}).fit(x, names[y])


def test_samples_of_more_weight_are_fitted_better(line: Data) -> None:
    x, y = line
    bent = np.where(x[:, 3] > 0, y, 200 - y)  # two lines that one network of one layer cannot fit
    weights = np.where(x[:, 3] > 0, 100.0, 1.0)
    model = regressor(scoring="rmse").fit(x[:, :3], bent, sample_weight=weights)
    errors = np.abs(model.predict(x[:, :3]) - bent)
    assert errors[weights > 1].mean() < 0.5 * errors[weights == 1].mean()


def test_the_evaluation_set_validates_and_is_never_trained_on(blobs: Data) -> None:
    x, y = blobs
    x_val, y_val = x[90:], y[90:]
    model = classifier().fit(x[:90], y[:90], eval_set=(x_val, y_val))
    assert model.result_.summary["refit"] is None
    accuracy = np.mean(model.predict(x_val) == y_val)
    assert model.result_.best.val_accuracy == pytest.approx(accuracy)
    assert model.result_.preprocessing().x_mean == pytest.approx(x[:90].mean(axis=0), rel=0.3)


def test_an_evaluation_set_of_a_regression_may_be_a_list_of_one_frame(line: Data) -> None:
    x, y = pd.DataFrame(line[0], columns=list("abcd")), line[1]
    model = regressor().fit(x[:150], y[:150], eval_set=[(x[150:], y[150:])])
    variance = np.var(y[:150])
    error = np.mean((model.predict(x[150:]) - y[150:]) ** 2) / variance
    assert model.result_.best.val_error == pytest.approx(error, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"eval_set": 3}, "must be a pair"),
        ({"eval_set": (np.ones((2, 3)), [0, 1])}, "3 features"),
        ({"eval_set": (np.ones((2, 4)), [0, 1, 2])}, "inconsistent numbers of samples"),
        ({"eval_set": (np.ones((2, 4)), [0, 8])}, "y holds 8, which y does not have"),
        ({"sample_weight": np.ones((120, 1))}, r"must have the shape \(120,\)"),
        ({"sample_weight": -np.ones(120)}, "sample_weight must be finite and at least 0"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    blobs: Data, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        classifier().fit(*blobs, **arguments)
