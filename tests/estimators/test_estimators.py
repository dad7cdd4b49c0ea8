"""What scikit-learn's checks do not ask: labels, frames, folders, pipelines, pickles."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from optuna_dnc import DNCClassifier, InputError
from optuna_dnc.nets import CNNFamily, MLPConfig
from optuna_dnc.search import SearchResult
from optuna_dnc.search.ending import answering
from optuna_dnc.training import trainer
from tests.estimators.conftest import classifier, refused, regressor

Data = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def fitted(blobs: Data) -> DNCClassifier:
    return classifier().fit(*blobs)


def test_a_classifier_predicts_what_it_has_learnt(fitted: DNCClassifier, blobs: Data) -> None:
    x, y = blobs
    probabilities = fitted.predict_proba(x)
    assert fitted.score(x, y) > 0.8
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (fitted.classes_[probabilities.argmax(axis=1)] == fitted.predict(x)).all()


def test_a_regressor_predicts_in_the_unit_of_the_targets(line: Data) -> None:
    x, y = line
    model = regressor(epochs=20).fit(x, y)
    assert model.score(x, y) > 0.9
    assert abs(model.predict(x).mean() - 100) < 2
    assert not hasattr(model, "classes_")


def test_attributes_say_what_was_found(fitted: DNCClassifier) -> None:
    assert isinstance(fitted.best_config_, MLPConfig)
    assert fitted.best_config_ == fitted.result_.best.config
    (width,) = fitted.best_config_.widths
    assert fitted.n_params_ == 5 * width + 3 * (width + 1)
    assert fitted.n_features_in_ == 4
    assert not hasattr(fitted, "feature_names_in_")
    assert isinstance(fitted.result_, SearchResult)
    assert fitted.result_.best.test_error is None  # every sample was for training


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "maybe", "yes"]),
        np.array(["no", "maybe", "yes"], dtype=object),
        np.array([-3, 7, 10]),
        np.array([0.5, 1.0, 2.0]),
    ],
    ids=["strings", "objects", "integers", "floats"],
)
def test_labels_come_back_as_they_were(blobs: Data, labels: np.ndarray) -> None:
    x, y = blobs
    if labels.dtype.kind == "f":
        labels = labels * 2  # whole numbers: other floats are no classes to scikit-learn
    model = classifier().fit(x, labels[y])
    assert model.classes_.tolist() == sorted(labels.tolist())
    assert model.predict(x).dtype == labels.dtype
    assert model.score(x, labels[y]) > 0.8


def test_refit_trains_on_all_samples_for_as_many_epochs_as_the_search(
    blobs: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    epoch = trainer.Trainer.epoch

    def counted(self: trainer.Trainer, done: int) -> Any:
        sizes.append(len(self.data.train))
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", counted)
    searched = classifier(refit=False).fit(*blobs)
    assert set(sizes) == {96}
    sizes.clear()
    model = classifier().fit(*blobs)
    assert sizes.count(120) == 8
    assert searched.best_config_ == model.best_config_
    x = blobs[0]
    assert not np.array_equal(searched.predict_proba(x), model.predict_proba(x))
    assert np.array_equal(searched.predict_proba(x), searched.result_.predict_proba(x))


def test_a_refit_that_diverges_leaves_the_weights_of_the_search(
    blobs: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = trainer.Trainer.epoch

    def diverging(self: trainer.Trainer, done: int) -> Any:
        ran = epoch(self, done)
        return ran._replace(train_loss=np.nan) if len(self.data.train) == 120 else ran

    monkeypatch.setattr(trainer.Trainer, "epoch", diverging)
    model = classifier().fit(*blobs)
    assert np.array_equal(model.predict(blobs[0]), model.result_.predict(blobs[0]))


def test_a_time_limit_still_gives_a_network(blobs: Data) -> None:
    model = classifier(pruner="hyperband", epochs=3, timeout=1e-6).fit(*blobs)
    assert not model.result_.complete
    # One training of one batch.
    assert [stage["n_trained"] for stage in model.result_.summary["stages"]] == [1, 0, 0, 0]
    x, y = blobs
    assert set(model.predict(x)) <= set(y)
    assert np.array_equal(model.predict_proba(x), model.result_.predict_proba(x))


def test_without_time_for_it_all_samples_are_not_trained_on(
    blobs: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*arguments: Any, **options: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(answering, "train_on_all", too_late)
    model = classifier(timeout=1e-6).fit(*blobs)
    assert model.result_.summary["refit"] is None
    assert np.array_equal(model.predict(blobs[0]), model.result_.predict(blobs[0]))


def test_the_network_of_a_search_without_a_file_of_trials_can_be_trained_again(
    line: Data,
) -> None:
    x, y = line[0], line[1].round().astype(int)
    model = regressor().fit(x, y)
    assert model.result_.refit(2, data=(x, y)).epochs_run == 2


def test_the_seed_decides(blobs: Data, fitted: DNCClassifier) -> None:
    x, y = blobs
    again = classifier(random_state=np.int64(0)).fit(x, y)
    assert np.array_equal(again.predict_proba(x), fitted.predict_proba(x))
    drawn = [classifier(random_state=np.random.RandomState(3)).fit(x, y) for _ in range(2)]
    assert np.array_equal(drawn[0].predict_proba(x), drawn[1].predict_proba(x))
    assert not np.array_equal(drawn[0].predict_proba(x), fitted.predict_proba(x))


def test_global_state_is_left_alone(blobs: Data) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    state, drawn = torch.get_rng_state(), np.random.get_state()[1].tolist()
    classifier().fit(*blobs)
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    assert torch.equal(torch.get_rng_state(), state)
    assert np.random.get_state()[1].tolist() == drawn


def test_data_frames_are_taken_with_their_names(blobs: Data) -> None:
    x, y = blobs
    frame = pd.DataFrame(x, columns=list("abcd"))
    model = classifier().fit(frame, pd.Series(["n", "m", "p"]).iloc[y])
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.score(frame, np.array(["n", "m", "p"])[y]) > 0.8
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("bacd")])
    assert np.array_equal(model.result_.predict(frame[list("dcba")]), model.result_.predict(frame))


def test_columns_without_names_are_matched_by_their_numbers(blobs: Data) -> None:
    x, y = blobs
    frame = pd.DataFrame(x)
    model = classifier().fit(frame, y)
    assert np.array_equal(model.predict_proba(frame[[3, 1, 0, 2]]), model.predict_proba(frame))
    with pytest.raises(InputError, match="X lacks the column '3' and has the column '7'"):
        model.predict(frame.rename(columns={3: 7}))


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame.assign(flag=frame["a"] > 0),
        lambda frame: frame.assign(flag=frame["a"] > 0).convert_dtypes(),
        lambda frame: frame.astype(object),
        lambda frame: frame.map(Decimal),
        lambda frame: pd.get_dummies(frame.assign(kind=np.where(frame["a"] > 0, "x", "y"))),
    ],
    ids=["bool", "nullable", "objects", "Decimal", "dummies"],
)
def test_frames_of_any_numbers_are_taken(
    blobs: Data, convert: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    x, y = blobs
    frame = convert(pd.DataFrame(x, columns=list("abcd")))
    assert classifier().fit(frame, pd.Series(y)).score(frame, y) > 0.7


def test_a_network_of_numbers_names_other_columns(blobs: Data) -> None:
    x, y = blobs
    frame = pd.DataFrame(x, columns=list("abcd"))
    model = classifier().fit(frame, y)
    text = str(pd.Series(["Ulm"]).dtype)  # object before pandas 3
    with pytest.raises(InputError, match=rf"X has columns that hold no numbers: 'b' \({text}\)"):
        model.predict(frame.assign(b="Ulm"))


def test_decimal_targets_are_numbers(line: Data) -> None:
    x, y = line
    targets = [Decimal(str(value)) for value in y]
    assert regressor(epochs=20).fit(x, targets).score(x, y) > 0.9


@pytest.mark.parametrize("value", [0.0, 7.25, 1e-200, 3])
def test_a_constant_target_is_predicted(line: Data, value: float) -> None:
    x = line[0]
    assert (regressor().fit(x, np.full(200, value)).predict(x) == value).all()


def test_a_fold_with_a_constant_target_is_no_reason_to_fail(line: Data) -> None:
    x = line[0]
    y = np.repeat([0.0, 1.0], 100)
    scores = cross_val_score(
        regressor(), x, y, cv=2, scoring="neg_mean_squared_error", error_score="raise"
    )
    assert scores.tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_targets_of_extreme_scale_are_learned(line: Data, unit: float) -> None:
    x, y = line
    answers = regressor(epochs=20).fit(x, y * unit).predict(x)
    assert np.corrcoef(answers / unit, y)[0, 1] > 0.95
    assert abs((answers / unit).mean() - 100) < 2


def test_channels_last_are_warned_of_in_scikit_learns_words(blobs: Data) -> None:
    images = np.random.default_rng(0).normal(size=(120, 8, 8, 2))
    with pytest.warns(UserWarning, match=r"X has shape .* X\.transpose\(0, 3, 1, 2\)"):
        classifier(epochs=1, network="mlp").fit(images, blobs[1])
    refused(classifier(), images[..., :1], blobs[1], "X.transpose(0, 3, 1, 2)")


def test_images_go_to_convolutional_networks() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    x = rng.integers(0, 100, (40, 1, 16, 16)).astype(np.uint8) + 100 * y[:, None, None, None]
    family = CNNFamily(n_layers=1, channels=(4, 4), refinements=())
    model = classifier(network=family, space=None).fit(x.astype(np.uint8), y)
    assert model.score(x.astype(np.uint8), y) == 1
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(
        copy.predict_proba(x.astype(np.uint8)), model.predict_proba(x.astype(np.uint8))
    )


def test_several_targets(line: Data) -> None:
    x, y = line
    model = regressor().fit(x, np.column_stack([y, -y]))
    assert model.predict(x).shape == (200, 2)


def test_clones_are_not_fitted(fitted: DNCClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "network_")
