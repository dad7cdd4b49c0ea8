"""Searches whose trials have all ended: a test of what follows begins there."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.search import StageDone, StagedSearch
from tests.interruption import Killed
from tests.searches import SMALL, Arrays, made_once

FOR_THE_END = ("refit", "floors", "on_event")
"""Options that no trial depends on."""


@pytest.fixture
def at_its_end(
    search: Callable[..., StagedSearch],
    arrays: Arrays,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., StagedSearch]:
    """As ``search``, with a copy of a folder in which a search was killed after its last trial."""

    def make(**changes: Any) -> StagedSearch:
        settings = {k: v for k, v in (SMALL | changes).items() if k not in FOR_THE_END}
        digest = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()

        def train(folder: Path) -> None:
            def end(event: object) -> None:
                if isinstance(event, StageDone) and event.stage == "training":
                    raise Killed

            with pytest.raises(Killed):
                StagedSearch(arrays, **settings, out=folder / "run", on_event=end).run()

        ended = made_once(tmp_path_factory, f"trials-ended-{digest[:16]}", train)
        shutil.copytree(ended / "run", tmp_path / "run")
        return search(**changes)

    return make
