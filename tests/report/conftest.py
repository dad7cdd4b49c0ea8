"""Searches to look at: one that has finished, one that was stopped, made once for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.runs import Run, open_run
from optuna_dnc.search import StagedSearch, TrialDone
from tests.report.browser import CHROMIUM, Pages
from tests.searches import made_once

SMALL: dict[str, Any] = {
    "network": "mlp",
    "epochs": 2,
    "n_startup_trials": 3,
    "n_steps": 2,
    "space": {"width": (4, 16), "dropout": (0.0, 0.2)},
    "device": "cpu",
    "floors": False,
}

FEWEST: dict[str, Any] = {
    "n_startup_trials": 1,
    "n_steps": 0,
    "space": {"width": (4, 16), "refinements": ()},
}
"""Changes for the shortest search: one network in stage 1 and one in stage 3."""


class Stopped(Exception):  # noqa: N818 - no error: it stands for a user's Ctrl-C
    """Ends a search."""


Search = Callable[..., Path]
"""Runs a search with some settings changed, and returns its folder."""


def classes(shape: tuple[int, ...] = (5,), n: int = 150) -> tuple[np.ndarray, ...]:
    """Arrays of three classes that a small network can tell apart."""
    rng = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, 3, n)
        shift = y.reshape(-1, *[1] * len(shape))
        return (rng.normal(size=(n, *shape)) + shift).astype(np.float32), y

    return (*draw(n), *draw(n // 2))


@pytest.fixture(autouse=True, scope="session")
def _quiet_optuna() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="session")
def run_search(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """Run a small search; ``stop_after`` ends it after so many trials."""

    def run(
        data: Any = None,
        *,
        name: str = "run",
        folder: Path | None = None,
        stop_after: int | None = None,
        **changes: Any,
    ) -> Path:
        done = 0

        def on_event(event: object) -> None:
            nonlocal done
            done += isinstance(event, TrialDone)
            if done == stop_after:
                raise Stopped

        out = (folder or tmp_path_factory.mktemp("searches")) / name
        arrays = classes() if data is None else data
        search = StagedSearch(arrays, out=out, on_event=on_event, **SMALL | changes)
        if stop_after is None:
            search.run()
        else:
            with pytest.raises(Stopped):
                search.run()
        return out

    return run


@pytest.fixture(scope="session")
def finished_search(run_search: Search, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search that has finished; not to be changed."""
    made = made_once(tmp_path_factory, "finished-search", lambda folder: run_search(folder=folder))
    return Path(shutil.copytree(made / "run", tmp_path_factory.mktemp("finished") / "run"))


@pytest.fixture(scope="session")
def stopped_search(run_search: Search, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search that was ended in its second stage; not to be changed."""
    made = made_once(
        tmp_path_factory, "stopped", lambda folder: run_search(folder=folder, stop_after=7)
    )
    return Path(shutil.copytree(made / "run", tmp_path_factory.mktemp("stopped") / "run"))


@pytest.fixture
def finished(finished_search: Path) -> Run:
    """The finished search, opened."""
    return open_run(finished_search)


@pytest.fixture
def stopped(stopped_search: Path) -> Run:
    """The stopped search, opened."""
    return open_run(stopped_search)


@pytest.fixture
def finished_copy(finished_search: Path, tmp_path: Path) -> Path:
    """The folder of a finished search that may be changed; its name names the studies."""
    return shutil.copytree(finished_search, tmp_path / finished_search.name)


@pytest.fixture(scope="session")
def published_search(finished_search: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished search that is published for the dashboard; not to be changed."""
    folder = tmp_path_factory.mktemp("published") / finished_search.name
    shutil.copytree(finished_search, folder)
    publish(open_run(folder))
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Pages]:
    """A real browser."""
    pytest.importorskip("choreographer", reason="drives Chromium; comes with kaleido")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    pages = Pages()
    try:
        yield pages
    finally:
        pages.close()
