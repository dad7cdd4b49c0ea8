"""A small, fast search, and how to read what it left behind."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import torch
from filelock import FileLock

from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.training import Epoch, trainer
from optuna_dnc.training.weights_header import temperature_in
from tests.interruption import Killed

Arrays = tuple[np.ndarray, ...]
Search = Callable[..., StagedSearch]

STAGES = ("1-core-architecture", "2-remaining-architecture", "3-training")

SMALL: dict[str, Any] = {
    "network": "mlp",
    "epochs": 2,
    "n_startup_trials": 2,
    "n_steps": 2,
    "space": {
        "n_layers": (1, 2),  # a network without hidden layers has no options of stage 2
        "width": (4, 16),
        "dropout": (0.0, 0.2),
        "encoding": "none",
        "refinements": ("dropout",),
    },
    "device": "cpu",
    "refit": False,
    "floors": False,
}

FEWEST: dict[str, Any] = {
    "n_startup_trials": 1,
    "n_steps": 0,
    "space": SMALL["space"] | {"refinements": ()},
}
"""Changes for the shortest search: one network in stage 1 and one in stage 3."""

SEARCHED = SMALL | {"epochs": 4, "refit": True}
"""Settings of the search in the folder :func:`searched`."""


@pytest.fixture(autouse=True)
def _quiet_optuna() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="session")
def arrays() -> tuple[np.ndarray, ...]:
    """Three classes of 5 features that a small network can tell apart."""
    rng = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, 3, n)
        return rng.normal(size=(n, 5)).astype(np.float32) + y[:, None], y

    return (*draw(150), *draw(60))


def made_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """A folder that the first of all test processes fills, and the others read.

    Who opens the study of a search in it opens a copy: a file beside the study that comes and goes
    would disturb those who are copying it.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            folder.mkdir()
            make(folder)
    return folder


def _searched_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: Arrays, settings: dict[str, Any]
) -> Path:
    """The folder of a search, made once."""

    def make(folder: Path) -> None:
        StagedSearch(data, **settings, out=folder / "run").run()

    return made_once(tmp_path_factory, name, make) / "run"


@pytest.fixture(scope="session")
def _small(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small search, to be copied."""
    return _searched_once(tmp_path_factory, "small-search", arrays, SMALL)


@pytest.fixture(scope="session")
def whole_search(_small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small search at its end; not to be changed."""
    return Path(shutil.copytree(_small, tmp_path_factory.mktemp("whole") / "run"))


@pytest.fixture
def ended(_small: Path, tmp_path: Path) -> Path:
    """The same in this test's own folder, where ``search()`` finds it."""
    return Path(shutil.copytree(_small, tmp_path / "run"))


@pytest.fixture
def npz(arrays: tuple[np.ndarray, ...], tmp_path: Path) -> Path:
    """They in a file."""
    path = tmp_path / "data.npz"
    x_train, y_train, x_test, y_test = arrays
    np.savez(path, xtr=x_train, ytr=y_train, xte=x_test, yte=y_test)
    return path


@pytest.fixture
def search(arrays: tuple[np.ndarray, ...], tmp_path: Path) -> Search:
    def make(**changes: Any) -> StagedSearch:
        settings = SMALL | {"out": tmp_path / "run"} | changes
        return StagedSearch(settings.pop("data", arrays), **settings)

    return make


def _draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of 5 features, by name, that overlap a little."""
    y = rng.integers(0, 3, n)
    return rng.normal(size=(n, 5)).astype(np.float32) + y[:, None], np.array(list("abc"))[y]


@pytest.fixture(scope="session")
def classes() -> Arrays:
    """Three classes by name, 150 samples to train on and 60 to test."""
    rng = np.random.default_rng(0)
    return (*_draw(150, rng), *_draw(60, rng))


@pytest.fixture(scope="session")
def _searched(classes: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search on them, to be copied."""
    return _searched_once(tmp_path_factory, "searched", classes, SEARCHED)


@pytest.fixture(scope="session")
def searched(_searched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search on them, trained on all samples in the end; not to be changed."""
    return Path(shutil.copytree(_searched, tmp_path_factory.mktemp("searched") / "run"))


@pytest.fixture
def result(_searched: Path, tmp_path: Path) -> SearchResult:
    """The search, in a folder of this test's own."""
    return SearchResult.load(shutil.copytree(_searched, tmp_path / "run"))


@pytest.fixture
def kill_at_report(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """End the search after its n-th report; 0 lets it live again."""
    report = optuna.Trial.report

    def kill(n: int) -> None:
        seen = 0

        def dying(self: optuna.Trial, value: float, step: int) -> None:
            nonlocal seen
            seen += 1
            report(self, value, step)
            if seen == n:
                raise Killed

        monkeypatch.setattr(optuna.Trial, "report", dying)

    return kill


@pytest.fixture
def skip_an_hour(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after whose call it is an hour later, by the clock of time limits."""
    clock, skipped = time.monotonic, 0.0

    def skip() -> None:
        nonlocal skipped
        skipped = 3600.0

    monkeypatch.setattr(time, "monotonic", lambda: clock() + skipped)
    return skip


@pytest.fixture
def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Seed, which names the training, and number of each epoch that is trained."""
    return count_epochs(monkeypatch)


def count_epochs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The same, for as long as this patch lasts."""
    trained: list[tuple[int, int]] = []
    epoch = trainer.Trainer.epoch

    def counted(self: trainer.Trainer, done: int) -> Epoch:
        trained.append((self.seed, done + 1))
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", counted)
    return trained


@dataclass(frozen=True)
class Whole:
    """A search that was not interrupted; not to be changed."""

    path: Path
    result: SearchResult
    epochs_trained: list[tuple[int, int]]


def run_whole(arrays: Arrays, out: Path, **changes: Any) -> Whole:
    """Run the small search to its end, and count the epochs."""
    with pytest.MonkeyPatch.context() as patch:
        trained = count_epochs(patch)
        result = StagedSearch(arrays, **SMALL | {"out": out} | changes).run()
    return Whole(out, result, trained)


def trials_of(
    folder: Path,
    storage: optuna.storages.BaseStorage | None = None,
    stages: Sequence[str] = STAGES,
) -> list[list[tuple[Any, ...]]]:
    """Number, state, parameters, value and attributes that never vary, stage by stage."""
    return [
        [
            (
                trial.number,
                trial.state.name,
                trial.params,
                trial.value,
                trial.intermediate_values,
                trial.user_attrs.get("key"),
                trial.user_attrs.get("error"),
            )
            for trial in optuna.load_study(
                study_name=f"{folder.name}/{stage}",
                storage=storage or f"sqlite:///{folder}/study.db",
            ).trials
        ]
        for stage in stages
    ]


def is_calibrated(
    run: Path, weights: Mapping[str, torch.Tensor], trained: Mapping[str, torch.Tensor]
) -> bool:
    """Whether weights are those of a training, the last layer divided by the temperature."""
    best = open_run(run, to_read=True).ledger.best
    assert best is not None
    temperature = temperature_in(RunFolder(run).checkpoint(best.key))
    assert temperature is not None
    assert temperature != 1
    assert weights.keys() == trained.keys()
    last = list(trained)[-1].partition(".")[0]
    return all(
        torch.allclose(weights[name] * temperature, tensor)
        if name.startswith(f"{last}.")
        else torch.equal(weights[name], tensor)
        for name, tensor in trained.items()
    )
