"""Small finished searches of every family, made once, to export from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from optuna_dnc.search import SearchResult, StagedSearch
from tests.searches import made_once

FAST: dict[str, Any] = {
    "epochs": 2,
    "n_startup_trials": 1,
    "n_steps": 0,
    "device": "cpu",
    "floors": False,
}

SPACES: dict[str, dict[str, Any]] = {
    "mlp": {"n_layers": (1, 1), "width": (4, 8), "refinements": ("encoding",)},
    "cnn": {"n_layers": (4, 4), "channels": (4, 8), "growth": (1.0, 2.0)},
    "resnet": {"n_stages": 2, "blocks": (1, 1), "channels": 4, "widening": (1, 1)},
    "regression": {"n_layers": (1, 1), "width": (4, 8), "refinements": ("encoding",)},
}
SPACES["labels"] = SPACES["regression"]
SPACES["mlp"] |= {"encoding": ("piecewise-8",)}
SPACES["regression"] = SPACES["regression"] | {"encoding": ("periodic",)}
SPACES["cnn"] |= {"refinements": ("shortcuts",), "shortcuts": (1,)}
SPACES["resnet"] |= {"shortcut": ("pool",), "regulariser": ("shake-drop",), "block": ("basic",)}

Data = tuple[np.ndarray, ...]


def split(x: np.ndarray, y: np.ndarray) -> Data:
    return x[:60], y[:60], x[60:], y[60:]


def data_for(kind: str) -> Data:
    """Bytes and names for the CNN, floats and bytes for others, two targets far from zero, and
    three yes/no labels.

    The MLP's features are of several kinds: numbers, two values, one with a heavy tail.
    """
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    if kind == "cnn":
        names = np.array(["an ant", 'a "bee"', "ü"])
        images = rng.integers(0, 200, (90, 3, 9, 7)) + 20 * y[:, None, None, None]
        return split(images.astype(np.uint8), names[y])
    if kind == "resnet":
        return split(rng.normal(3, 2, (90, 1, 7, 6)).astype(np.float32), y.astype(np.uint8))
    x = rng.normal(size=(90, 4)) * [1, 2, 3, 4] + [0, 0, 7, 1e7]
    if kind == "regression":
        return split(x, 1e6 + 10 * x[:, :2])
    if kind == "labels":
        return split(x, (x[:, :3] > x[:, :3].mean(axis=0)).astype(np.int16))
    x[:, 1] = x[:, 1] > 0
    x[5, 2] = 1e3  # clipped, as the only one that is far from the others
    return split(x, y > 0)


@pytest.fixture(scope="session")
def searches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which each search has its own, named by its kind."""

    def make(folder: Path) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        for kind, space in SPACES.items():
            is_regression = kind == "regression"
            StagedSearch(
                data_for(kind),
                network="mlp" if kind in ("regression", "labels") else kind,
                task="regression" if is_regression else None,
                space=space,
                out=folder / kind,
                **FAST,
            ).run()

    return made_once(tmp_path_factory, "searches", make)


@pytest.fixture
def result_of(searches: Path, tmp_path: Path) -> Callable[[str], SearchResult]:
    """A search in a folder of this test's own."""

    def copied(kind: str) -> SearchResult:
        shutil.copytree(searches / kind, tmp_path / kind)
        return SearchResult.load(tmp_path / kind)

    return copied
