"""A classifier of several labels, as scikit-learn's multilabel-indicator."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.multioutput import ClassifierChain
from sklearn.utils import get_tags

from optuna_dnc import DNCClassifier, InputError
from tests.estimators.conftest import SMALL

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 3))
Y = (X + 0.2 * RNG.normal(size=X.shape) > [0.4, 0.0, -0.4]).astype(int)


@pytest.fixture(scope="module")
def fitted() -> DNCClassifier:
    return DNCClassifier(**SMALL, random_state=0).fit(X, Y)


def test_labels_and_probabilities_have_a_column_each(fitted: DNCClassifier) -> None:
    predicted, proba = fitted.predict(X), fitted.predict_proba(X)
    assert predicted.tolist() == (proba > 0.5).astype(int).tolist()
    assert np.mean(predicted == Y) > 0.8
    # Subset accuracy, as of any classifier in scikit-learn.
    assert fitted.score(X, Y) == pytest.approx(np.mean((predicted == Y).all(axis=1)))
    assert get_tags(fitted).classifier_tags.multi_label


def test_it_survives_a_pickle(fitted: DNCClassifier) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict(X).tolist() == fitted.predict(X).tolist()


def test_scoring_weights_and_samples_to_validate_with() -> None:
    model = DNCClassifier(**SMALL, random_state=0, scoring="f1_micro", class_weight="balanced")
    model.fit(X[:100], Y[:100], sample_weight=np.ones(100), eval_set=(X[100:], Y[100:]))
    assert model.result_.best.quality.metric == "f1_micro"
    with pytest.raises(InputError, match=r"eval_set: y must have the shape \(50, 3\)"):
        model.fit(X[:100], Y[:100], eval_set=(X[100:], Y[100:, :2]))


def test_several_targets_of_more_classes_are_refused() -> None:
    many: Any = RNG.integers(0, 3, (150, 2))
    with pytest.raises(InputError, match="one column of classes, or several of 0 and 1"):
        DNCClassifier(**SMALL).fit(X, many)


def test_it_is_a_link_of_a_chain() -> None:
    chain = ClassifierChain(DNCClassifier(**SMALL, random_state=0), cv=None).fit(X, Y[:, :2])
    assert chain.predict(X).shape == (150, 2)
