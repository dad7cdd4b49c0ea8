"""A small search under Hyperband, and how to read its stages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna

HYPERBAND = {"pruner": "hyperband", "epochs": 9, "budget": 36, "n_startup_trials": 6}
"""Two brackets: 9 networks for 1 epoch, 3 for 3, 1 for 9; then 3 for 3 and 1 for 9.

The first of them is the pilot's network, and not trained again.
"""
WIDE = {"n_layers": (1, 2), "width": (4, 400), "dropout": (0.2,), "refinements": ()}


def stages_of(folder: Path) -> list[dict[str, Any]]:
    stages: list[dict[str, Any]] = json.loads((folder / "result.json").read_text())["stages"]
    return stages


def core_study(folder: Path) -> optuna.Study:
    return optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{folder}/run/study.db"
    )
