"""The smallest search at whose end the best network is trained on all samples."""

from __future__ import annotations

from typing import Any

from tests.searches import SMALL

QUICK: dict[str, Any] = {
    "refit": True,
    "epochs": 4,
    "n_startup_trials": 2,
    "n_steps": 0,
    "n_folds": 1,
    "space": SMALL["space"] | {"refinements": ()},
    "device": "cpu",
}
N_TRAIN = 150
