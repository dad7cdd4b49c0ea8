"""Small data sets that are right, for tests to spoil in one respect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def arrays() -> dict[str, Any]:
    """Sixty training and twelve test samples of five features and three classes."""
    rng = np.random.default_rng(0)
    return {
        "xtr": rng.normal(size=(60, 5)).astype(np.float32),
        "ytr": np.arange(60) % 3,
        "xte": rng.normal(size=(12, 5)).astype(np.float32),
        "yte": np.arange(12) % 3,
    }


@pytest.fixture
def images(arrays: dict[str, Any]) -> dict[str, Any]:
    """The same labels on uint8 images of three channels, 8 x 6 pixels."""
    rng = np.random.default_rng(1)
    for key, n in (("xtr", 60), ("xte", 12)):
        arrays[key] = rng.integers(0, 256, size=(n, 3, 8, 6), dtype=np.uint8)
    return arrays


@pytest.fixture
def targets(arrays: dict[str, Any]) -> dict[str, Any]:
    """The same features with targets of a regression, far from zero."""
    rng = np.random.default_rng(2)
    arrays["ytr"] = rng.normal(size=60) * 3 + 100.5
    arrays["yte"] = rng.normal(size=12) * 3 + 100.5
    return arrays


@pytest.fixture
def shared_data() -> Path:
    """The folder of large real data sets, where a checkout has one beside it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the real data sets in {SHARED_DATA}")
    return SHARED_DATA
