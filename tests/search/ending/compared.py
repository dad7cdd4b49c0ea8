"""The smallest search at whose end networks are compared."""

from __future__ import annotations

from typing import Any

from tests.searches import SMALL

N_FOLDS = 4
QUICK: dict[str, Any] = {
    "epochs": 4,
    "n_startup_trials": 4,
    "n_steps": 0,
    "n_folds": 1,
    "space": SMALL["space"] | {"refinements": ()},
}
