"""Two classes need one output: networks of the default recipe have no second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.testing import FamilyContract
from optuna_dnc.transfer import transfer

LINEAR = MLPConfig(single_logit=True)
HIDDEN = MLPConfig((3,), "tanh", single_logit=True)
SHAPE = (4,)
X = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
LABELS = (X[:, 0] + X[:, 1] > 0).astype(np.int64)

QUICK: dict[str, Any] = {
    "network": "mlp", "epochs": 2, "n_startup_trials": 1, "n_steps": 0, "floors": False,
    "n_folds": 1, "device": "cpu", "space": {"refinements": ()},
}  # fmt: skip


class TestNetworksForTwoClasses(FamilyContract):
    family = MLPFamily(width=(2, 5), n_layers=(0, 1)).for_classes(2)
    input_shape = SHAPE
    n_outputs = 2


@pytest.mark.parametrize("config", [LINEAR, HIDDEN])
def test_the_first_class_has_a_logit_of_zero(config: MLPConfig) -> None:
    outputs = MLPFamily().build(config, SHAPE, 2)(torch.from_numpy(X))
    assert outputs.shape == (len(X), 2)
    assert outputs[:, 0].eq(0).all()
    assert outputs[:, 1].std() > 0


@pytest.mark.parametrize("config", [LINEAR, HIDDEN])
def test_the_last_layer_has_half_the_weights(config: MLPConfig) -> None:
    family, usual = MLPFamily(), replace(config, single_logit=False)
    inputs = config.widths[-1] if config.widths else SHAPE[0]
    for count, saved in ((family.n_params, inputs + 1), (family.n_macs, inputs)):
        before, now = count(usual, SHAPE, 2), count(config, SHAPE, 2)
        assert before is not None
        assert now == before - saved


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_other_numbers_of_outputs_are_as_they_were(n_outputs: int) -> None:
    outputs = MLPFamily().build(HIDDEN, SHAPE, n_outputs)(torch.from_numpy(X))
    assert outputs.shape == (len(X), n_outputs)
    assert outputs.std(0).min() > 0


def _searched(y: np.ndarray, **changes: Any) -> SearchResult:
    return StagedSearch((X[:80], y[:80], X[80:], y[80:]), **QUICK | changes).run()


def test_searches_of_two_classes_use_it_and_learn(tmp_path: Path) -> None:
    result = _searched(LABELS, out=tmp_path / "run", epochs=20)
    assert result.best.config.single_logit
    assert result.best.n_params == sum(p.numel() for p in result.model().parameters())
    assert np.mean(result.predict(X[80:]) == LABELS[80:]) > 0.8
    np.testing.assert_allclose(result.predict_proba(X).sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "changes"),
    [
        (LABELS, {"recipe": "deep-n-cheap"}),
        (np.arange(120) % 3, {}),
        (X[:, :2], {"task": "regression"}),
        (np.stack([LABELS, 1 - LABELS], axis=1), {"task": "multilabel"}),
    ],
    ids=["published", "three classes", "two targets", "two labels"],
)
def test_other_searches_do_not(y: np.ndarray, changes: dict[str, Any], tmp_path: Path) -> None:
    result = _searched(y, out=tmp_path / "run", **changes)
    assert not result.best.config.single_logit


def test_a_transfer_follows_the_number_of_classes(tmp_path: Path) -> None:
    two, three = LABELS, np.arange(120) % 3
    for source, target in ((two, three), (three, two)):
        run = _searched(source, out=tmp_path / f"from-{source.max() + 1}").path
        data = (X[:80], target[:80], X[80:], target[80:])
        moved = transfer(run, data, out=tmp_path / f"to-{target.max() + 1}", n_steps=1)
        assert moved.best.config.single_logit == (target is two)
        assert moved.predict(X).shape == target.shape
