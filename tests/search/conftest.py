"""A whole search under Hyperband, for the tests of several files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from optuna_dnc.search import SearchResult, TrialDone
from tests.search.hyperband import HYPERBAND, WIDE
from tests.searches import Arrays, Whole, made_once, run_whole


@pytest.fixture(scope="session")
def hyperband_watched(
    arrays: Arrays, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Whole, list[bool]]:
    """A whole search, and whether it had checkpoints after each trial of its first stage."""

    def make(folder: Path) -> None:
        out = folder / "run"
        seen: list[bool] = []

        def look(event: object) -> None:
            if isinstance(event, TrialDone) and event.stage == "core-architecture":
                seen.append(any((out / "trainings").rglob("training.safetensors")))

        whole = run_whole(arrays, out, **HYPERBAND, space=WIDE, on_event=look)
        known = {"epochs_trained": whole.epochs_trained, "seen": seen}
        (folder / "watched.json").write_text(json.dumps(known))

    made = made_once(tmp_path_factory, "hyperband", make)
    own = Path(shutil.copytree(made / "run", tmp_path_factory.mktemp("whole") / "run"))
    known = json.loads((made / "watched.json").read_text())
    epochs_trained = [(seed, epoch) for seed, epoch in known["epochs_trained"]]
    return Whole(own, SearchResult.load(own), epochs_trained), known["seen"]


@pytest.fixture(scope="session")
def hyperband_whole(hyperband_watched: tuple[Whole, list[bool]]) -> Whole:
    """The search alone; not to be changed."""
    return hyperband_watched[0]
