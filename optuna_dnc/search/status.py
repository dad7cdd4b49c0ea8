"""The state of a search, read from its folder and storage without changing either."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc.search.folder import RunFolder, read_json
from optuna_dnc.search.ledger import Ledger
from optuna_dnc.search.records import Record
from optuna_dnc.search.result import read_summary
from optuna_dnc.search.stages import stages_of_run
from optuna_dnc.search.studies import Studies, open_storage


@dataclass(frozen=True)
class StageStatus:
    """How far a stage is."""

    name: str
    n_trials: int
    """Trials that have been measured."""
    n_pruned: int
    """Those of them that were stopped, or wait, before their last epoch."""
    epochs: int
    """Epochs that were trained."""
    best_loss: float | None
    """Of those that were trained to their last epoch; None if none was."""


@dataclass(frozen=True)
class SavedNetwork:
    """The network that a run saved at its end."""

    description: str
    n_params: int
    test_error: float
    test_accuracy: float | None
    """A fraction; None for regression."""


@dataclass(frozen=True)
class SearchStatus:
    """How far a search is."""

    path: Path
    state: str
    """``complete``, ``running`` (a process is at work on it) or ``stopped``."""
    stages: tuple[StageStatus, ...]
    best: Record | None
    """The best so far; None before a network was trained to its last epoch."""
    settings: dict[str, Any]
    saved: SavedNetwork | None
    """What the last run saved at its end; None if none has ended."""


def search_status(path: str | Path, storage: str | BaseStorage | None = None) -> SearchStatus:
    """Read the state of a search.

    Args:
        path: The run's folder.
        storage: As given to the search; None for the study.db of the folder.

    Raises:
        InputError: The folder holds no search, or its storage cannot be reached.
    """
    folder = RunFolder(path)
    settings = read_json(folder.settings)
    if storage is None and not folder.study.exists():
        raise InputError(f"{folder.path} holds no study.db; give the --storage of the search.")
    stages = stages_of_run(settings)
    ledger = Ledger(
        Studies(open_storage(storage or folder.storage_url), folder.name, stages).records()
    )
    # Not a SearchResult, which needs the network family: numbers can be told without it.
    summary = read_summary(folder) if folder.result.exists() else None
    return SearchStatus(
        path=folder.path,
        state=_state(folder, summary),
        stages=tuple(_stage_status(ledger, stage.name) for stage in stages),
        best=ledger.best,
        settings=settings,
        saved=None if summary is None else _saved(folder, summary),
    )


def _saved(folder: RunFolder, summary: dict[str, Any]) -> SavedNetwork:
    try:
        best = summary["best"]
        return SavedNetwork(
            description=summary["leaders"][0]["network"],
            n_params=best["n_params"],
            test_error=best["test_error"],
            test_accuracy=best["test_accuracy"],
        )
    except (LookupError, TypeError) as error:
        raise InputError(f"{folder.result} is damaged: {error}.") from None


def _state(folder: RunFolder, summary: dict[str, Any] | None) -> str:
    lock = FileLock(folder.lock, timeout=0)
    try:
        with lock:
            return "complete" if summary is not None and summary.get("complete") else "stopped"
    except Timeout:
        return "running"


def _stage_status(ledger: Ledger, name: str) -> StageStatus:
    records = ledger.of_stages(name)
    best = ledger.best_of(name)
    return StageStatus(
        name=name,
        n_trials=len(records),
        n_pruned=sum(record.pruned for record in records),
        epochs=ledger.trained_epochs(name),
        best_loss=None if best is None else best.loss,
    )
