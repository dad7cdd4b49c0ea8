"""Networks of a search: of the family that suits the data, of own families, with encodings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.nets import MLPFamily
from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult, StagedSearch
from tests.searches import FEWEST

Search = Callable[..., StagedSearch]


def test_regression_from_one_dimensional_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    y = x @ np.array([10.0, -20.0, 5.0, 0.0]) + 300
    result = StagedSearch(
        (x[:150], y[:150], x[150:], y[150:]),
        network="mlp", epochs=20, n_startup_trials=3, n_steps=1, out=tmp_path / "run",
        space={"width": (8, 16), "refinements": ("dropout",), "dropout": (0.0, 0.2)},
        batch_size=32, floors=False,
    ).run()  # fmt: skip
    assert result.best.val_accuracy is None
    assert result.best.test_accuracy is None
    predicted = result.predict(x[150:])
    assert predicted.shape == (50,)
    error = ((predicted - y[150:]) ** 2).mean() / y[:150].var()
    assert error == pytest.approx(result.best.test_error, rel=0.2)
    assert result.best.test_error < 1


def test_string_labels_come_back_as_strings(
    search: Search, arrays: tuple[np.ndarray, ...]
) -> None:
    names = np.array(["ant", "bee", "cat"])
    x_train, y_train, x_test, y_test = arrays
    result = search(**FEWEST, data=(x_train, names[y_train], x_test, names[y_test])).run()
    assert set(result.predict(x_test)) <= set(names)


def test_the_network_family_is_chosen_by_the_data(search: Search) -> None:
    vectors = search(network=None, space={})
    assert vectors.family.name == "mlp"
    assert "5 features" in str(vectors.reason)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (20, 1, 16, 16), dtype=np.uint8)
    labels = np.arange(20) % 2
    pictures = search(data=(images, labels, images, labels), network=None, space={})
    assert pictures.family.name == "cnn"


def test_a_cnn_search_runs_from_images_to_predictions(tmp_path: Path) -> None:
    digits = load_dataset("digits", max_train=120)
    result = StagedSearch(
        digits, network="cnn", epochs=1, n_startup_trials=2, n_steps=1, out=tmp_path / "run",
        space={"n_layers": (1, 2), "channels": (2, 4), "batch_norm": (0, 1),
               "dropout_share": (0, 1), "first_dropout": 0.1, "dropout": 0.3},
        floors=False,
    ).run()  # fmt: skip
    assert result.best.config.channels
    assert result.predict(digits.x_test[:5]).shape == (5,)


def test_an_own_family_with_own_ranges_is_searched(search: Search) -> None:
    family = MLPFamily(n_layers=(1, 1), width=(6, 6), refinements=("activation",))
    result = search(network=family, space={}).run()
    assert result.best.config.widths == (6,)


def test_an_own_family_under_a_built_in_name_is_not_read_as_that(search: Search) -> None:
    class Other(MLPFamily):
        """Might build other networks."""

    result = search(**FEWEST | {"network": Other(width=(4, 8), refinements=()), "space": {}}).run()
    with pytest.raises(InputError, match=r"'mlp \(Other\)' is not a registered .* family="):
        SearchResult.load(result.path)
    assert SearchResult.load(result.path, family=result.family).best == result.best


def test_ranges_beside_an_own_family_are_refused(search: Search) -> None:
    with pytest.raises(InputError, match="space"):
        search(network=MLPFamily(), space={"width": (4, 8)})


def test_the_baseline_counts_every_dimension_of_an_image(tmp_path: Path) -> None:
    plan = StagedSearch("digits", network="mlp", out=tmp_path / "run").plan()
    assert plan.largest_n_params == (64 + 1) * 400 + (400 + 1) * 400 + (400 + 1) * 10


def test_tables_with_numeric_columns_try_encodings_of_them(search: Search, tmp_path: Path) -> None:
    result = search(space={"width": (4, 16), "refinements": ("encoding",)}).run()
    space = result.summary["space"]
    assert space["numeric"] == [0, 1, 2, 3, 4]
    (study,) = [
        study
        for name, study in open_run(tmp_path / "run").study_of.items()
        if name == "remaining-architecture"
    ]
    tried = {trial.params["encoding"]: trial.user_attrs["n_params"] for trial in study.trials}
    assert tried.keys() == {"none", "piecewise-8", "piecewise-32", "periodic"}
    assert tried["none"] < tried["periodic"] < tried["piecewise-32"]


def test_the_published_preset_and_images_have_no_encodings(search: Search) -> None:
    images = np.random.default_rng(0).random((60, 1, 4, 4)).astype(np.float32)
    published = search(preset="deep-n-cheap")
    of_images = search(data=(images, np.arange(60) % 3))
    for family in (published.family, of_images.family):
        assert isinstance(family, MLPFamily)
        assert family.numeric == ()
