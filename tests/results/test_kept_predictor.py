"""Predictions after the first one use the networks that it built."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optuna_dnc.nets import MLPFamily
from optuna_dnc.refit import Refit
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.search import SearchResult
from tests.searches import Arrays

X = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Config of each network that is built."""
    configs: list[Any] = []
    build = MLPFamily.build

    def counted(self: MLPFamily, config: Any, *shapes: Any) -> nn.Module:
        configs.append(config)
        return build(self, config, *shapes)

    monkeypatch.setattr(MLPFamily, "build", counted)
    return configs


@pytest.mark.parametrize(
    ("make", "n_networks"),
    [
        (lambda result, data: result, 1),
        (lambda result, data: result.refit(epochs=1, data=data), 1),
        (lambda result, data: result.ensemble(top=2, data=data), 2),
    ],
    ids=["search", "refit", "ensemble"],
)
def test_only_the_first_prediction_builds_networks(
    result: SearchResult,
    classes: Arrays,
    built: list[Any],
    make: Callable[[SearchResult, Arrays], Predicting],
    n_networks: int,
) -> None:
    predicting = make(result, classes)
    built.clear()
    first = predicting.predict_proba(X)
    assert len(built) == n_networks
    again = predicting.predict_proba(X)
    predicting.predict(X, device="auto" if predicting.predictor().device.type == "cpu" else "cpu")
    assert len(built) == n_networks
    np.testing.assert_array_equal(first, again)


def test_a_folder_that_is_loaded_again_is_read_again(
    result: SearchResult, classes: Arrays, tmp_path: Path
) -> None:
    before = result.refit(epochs=1, data=classes)
    old = before.predict_proba(X)
    other = result.refit(epochs=2, data=classes, out=tmp_path / "other")
    shutil.rmtree(before.path)
    other.path.rename(before.path)

    assert not np.array_equal(Refit.load(before.path).predict_proba(X), old)
    np.testing.assert_array_equal(before.predict_proba(X), old)


def test_a_pickled_result_holds_no_network(result: SearchResult) -> None:
    size = len(pickle.dumps(result))
    result.predict(X)
    assert len(pickle.dumps(result)) == size


def test_kept_statistics_cannot_be_written_to(result: SearchResult) -> None:
    with pytest.raises(ValueError, match="read-only"):
        result.preprocessing().x_divisor[0] = 0.0


def test_loading_a_network_draws_no_random_numbers(result: SearchResult) -> None:
    state = torch.get_rng_state()
    result.model()
    assert torch.equal(torch.get_rng_state(), state)
