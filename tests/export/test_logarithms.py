"""Exported networks that learned the logarithms of their targets."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from optuna_dnc.export import export_model
from optuna_dnc.search import SearchResult, StagedSearch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 2))
Y = np.exp(np.stack([X[:, 0], 9 * X[:, 1]], axis=1)) * [1, 1e5]


def searched(y: np.ndarray, out: Path) -> SearchResult:
    return StagedSearch(
        (X, y),
        target_transform="log",
        epochs=1,
        n_startup_trials=1,
        n_steps=0,
        space={"n_layers": 1, "width": (4, 8), "refinements": ()},
        refit=False,
        floors=False,
        out=out,
    ).run()


@pytest.mark.parametrize("y", [Y[:, 0], Y], ids=["one target", "two targets"])
def test_a_python_file_undoes_them(y: np.ndarray, tmp_path: Path) -> None:
    result = searched(y, tmp_path / "run")
    path = tmp_path / "network.py"
    assert export_model(result, "python", path).largest_deviation < 1e-6
    spec = importlib.util.spec_from_file_location("exported_logs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.predict(X) == pytest.approx(result.predict(X), rel=1e-5)


def test_an_onnx_file_undoes_them(tmp_path: Path) -> None:
    result = searched(Y, tmp_path / "run")
    path = tmp_path / "network.onnx"
    export_model(result, "onnx", path)
    (values,) = onnxruntime.InferenceSession(path).run(None, {"x": X.astype(np.float32)})
    assert values == pytest.approx(result.predict(X), rel=1e-4)
