"""A whole search under Hyperband, for the tests of several files."""

from __future__ import annotations

import pytest

from optuna_dnc.search import TrialDone
from tests.search.hyperband import HYPERBAND, WIDE
from tests.searches import Arrays, Whole, run_whole


@pytest.fixture(scope="session")
def hyperband_watched(
    arrays: Arrays, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Whole, list[bool]]:
    """A whole search, and whether it had checkpoints after each trial of its first stage."""
    out = tmp_path_factory.mktemp("whole") / "run"
    seen: list[bool] = []

    def look(event: object) -> None:
        if isinstance(event, TrialDone) and event.stage == "core-architecture":
            seen.append(any((out / "trainings").rglob("training.safetensors")))

    return run_whole(arrays, out, **HYPERBAND, space=WIDE, on_event=look), seen


@pytest.fixture(scope="session")
def hyperband_whole(hyperband_watched: tuple[Whole, list[bool]]) -> Whole:
    """The search alone; not to be changed."""
    return hyperband_watched[0]
