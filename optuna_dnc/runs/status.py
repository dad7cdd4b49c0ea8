"""The state of a search, read from its folder and storage without changing either."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage

from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.run import open_run


@dataclass(frozen=True)
class StageStatus:
    """How far a stage is."""

    name: str
    n_trials: int
    """Trials that have been measured."""
    n_pruned: int
    """Those of them that were stopped before their last epoch."""
    n_waiting: int
    """Those of them that may still be trained on."""
    n_crashed: int
    """Besides them, those whose network ended the process and was given up."""
    epochs: int
    """Epochs that were trained."""
    best_loss: float | None
    """Of those that were trained to their last epoch; None if none was."""


@dataclass(frozen=True, kw_only=True)
class SavedNetwork(NetworkMetrics):
    """The network that a run saved at its end."""

    description: str

    def to_dict(self) -> dict[str, Any]:
        """Description, quality and costs, as JSON."""
        return {"description": self.description, **self.metrics_to_dict()}


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
    diagnosis: list[str]
    """What the best network's curves say, see :func:`optuna_dnc.runs.diagnose`."""


def search_status(path: str | Path, storage: str | BaseStorage | None = None) -> SearchStatus:
    """Read the state of a search.

    Args:
        path: The run's folder.
        storage: As given to the search; None for the study.db of the folder.

    Raises:
        InputError: The folder holds no search, or its storage cannot be reached.
    """
    opened = open_run(path, storage, to_read=True)
    ledger, summary = opened.ledger, opened.summary
    return SearchStatus(
        path=opened.path,
        state=opened.state,
        stages=tuple(_stage_status(ledger, stage.name) for stage in opened.stages),
        best=ledger.best,
        settings=opened.settings,
        saved=None if summary is None else _saved(summary),
        diagnosis=opened.diagnosis,
    )


def _saved(summary: dict[str, Any]) -> SavedNetwork:
    return SavedNetwork(
        description=summary["leaders"][0]["network"],
        **metrics_from_dict(summary["best"], summary["task"]),
    )


def _stage_status(ledger: Ledger, name: str) -> StageStatus:
    records = ledger.of_stages(name)
    best = ledger.best_of(name)
    return StageStatus(
        name=name,
        n_trials=len(records),
        n_pruned=sum(record.was_stopped for record in records),
        n_waiting=sum(record.waits for record in records),
        n_crashed=ledger.n_crashed(name),
        epochs=ledger.trained_epochs(name),
        best_loss=None if best is None else best.loss,
    )
