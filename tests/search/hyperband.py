"""A small search under Hyperband, and how to read its stages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc.runs.stage_keys import CORE
from optuna_dnc.search import StageDone, TrialDone
from tests.interruption import Killed
from tests.searches import Search

HYPERBAND: dict[str, Any] = {
    "pruner": "hyperband",
    "epochs": 9,
    "budget": 36,
    "n_startup_trials": 6,
}
"""Two brackets: 9 networks for 1 epoch, 3 for 3, 1 for 9; then 3 for 3 and 1 for 9.

The first of them is the pilot's network, and not trained again.
"""
WIDE: dict[str, Any] = {
    "n_layers": (1, 2),
    "width": (4, 400),
    "dropout": (0.2,),
    "refinements": (),
}


def stages_of(folder: Path) -> list[dict[str, Any]]:
    stages: list[dict[str, Any]] = json.loads((folder / "result.json").read_text())["stages"]
    return stages


def core_study(folder: Path) -> optuna.Study:
    return optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{folder}/run/study.db"
    )


def run_core(
    search: Search, *, on_trial: Callable[[TrialDone], object] | None = None, **settings: Any
) -> None:
    """Run a search to the end of its first stage, as if it were killed then.

    Args:
        search: Creates the search.
        on_trial: Called with each trial that has ended.
        settings: Of the search.
    """

    def end(event: object) -> None:
        if on_trial is not None and isinstance(event, TrialDone):
            on_trial(event)
        if isinstance(event, StageDone) and event.stage == CORE.name:
            raise Killed

    with pytest.raises(Killed):
        search(**settings, on_event=end).run()
