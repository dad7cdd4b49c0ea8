"""Status of a search, read from its folder and storage without changing them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage

from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.runs.choice import answer_summary, tested_networks
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.life_cycle import ENDED, LIVE, StageOutlook, State
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.run import Run, open_run
from optuna_dnc.runs.workers import Workers, WorkerStatus


@dataclass(frozen=True)
class StageStatus:
    """Status of a stage."""

    name: str
    n_trials: int
    """Number of measured trials."""
    n_pruned: int
    """Number of measured trials that were stopped before their last epoch."""
    n_waiting: int
    """Number of measured trials whose training may be resumed."""
    n_crashed: int
    """Number of trials that were given up because their network crashed the process."""
    epochs: int
    """Number of epochs trained."""
    best_loss: float | None
    """Lowest loss of trials trained to their last epoch; None if there is none."""
    n_rejected: int = 0
    """Number of trials that were not trained because their network exceeds a limit."""
    n_expected: int | None = None
    """Number of measured trials that the stage will have in the end; None if it is unknown."""


@dataclass(frozen=True, kw_only=True)
class SavedNetwork(NetworkMetrics):
    """Network that a run has saved at its end."""

    description: str

    def to_dict(self) -> dict[str, Any]:
        """Return description, quality and costs, as JSON."""
        return {"description": self.description, **self.metrics_to_dict()}


@dataclass(frozen=True)
class SearchStatus:
    """Status of a search."""

    path: Path
    state: State
    """State in the life cycle of a run, as ``running``, ``paused`` or ``complete``."""
    stages: tuple[StageStatus, ...]
    best: Record | None
    """Best record; None before a network was trained to its last epoch."""
    settings: dict[str, Any]
    saved: SavedNetwork | None
    """Network saved at the end of the last run; None if none has ended."""
    diagnosis: list[str]
    """Diagnosis of the best network, see :func:`optuna_dnc.runs.diagnose`."""
    evaluation: dict[str, Any] | None = None
    """Metrics of the saved network, and simple models beside it: ``evaluation`` of result.json."""
    n_test_evaluations: int = 0
    """Number of networks that were evaluated on the test set."""
    seconds_left: float | None = None
    """Estimated seconds until a running search ends; None if it is not running, or unknown."""
    workers: tuple[WorkerStatus, ...] = ()
    """Live workers, in the order in which they joined."""

    @property
    def is_live(self) -> bool:
        """Whether a process works on it."""
        return self.state in LIVE

    @property
    def has_ended(self) -> bool:
        """Whether it has all its trials and a result."""
        return self.state in ENDED


def search_status(path: str | Path, storage: str | BaseStorage | None = None) -> SearchStatus:
    """Return the status of a search.

    Args:
        path: Folder of the run.
        storage: Storage of the search; None for study.db in the folder.

    Raises:
        InputError: The folder holds no search, or its storage cannot be reached.
    """
    return status_of_run(open_run(path, storage, to_read=True))


def status_of_run(run: Run) -> SearchStatus:
    """Return the status of a search that is open."""
    ledger, summary, outlook = run.ledger, run.summary, run.studies.outlook()
    expected = {} if outlook is None else outlook.stages
    seconds_left = None
    if outlook is not None and run.is_live:
        seconds_left = outlook.seconds_left(ledger)
    return SearchStatus(
        path=run.path,
        state=run.state,
        stages=tuple(
            _stage_status(ledger, stage.name, expected.get(stage.name)) for stage in run.stages
        ),
        best=ledger.best,
        settings=run.settings,
        saved=None if summary is None else _saved(summary),
        diagnosis=run.diagnosis,
        evaluation=None if summary is None else answer_summary(summary).get("evaluation"),
        n_test_evaluations=len(tested_networks(summary)),
        seconds_left=seconds_left,
        workers=tuple(_workers(run).live()),
    )


def _workers(run: Run) -> Workers:
    folder = RunFolder(run.path).workers
    return Workers(folder, run.studies.locks(folder))


def _saved(summary: dict[str, Any]) -> SavedNetwork:
    answer = answer_summary(summary)["best"]
    return SavedNetwork(
        description=answer.get("network", summary["leaders"][0]["network"]),
        **metrics_from_dict(answer, summary["task"]),
    )


def _stage_status(ledger: Ledger, name: str, expected: StageOutlook | None) -> StageStatus:
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
        n_rejected=ledger.n_rejected(name),
        n_expected=None if expected is None else expected.n_trials,
    )
