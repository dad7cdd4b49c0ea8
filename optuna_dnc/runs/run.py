"""A search as it lies in its folder and storage, running, stopped or complete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._files import DamagedFile, check_sealed
from optuna_dnc._locks import is_claimed
from optuna_dnc.objectives import Baseline
from optuna_dnc.runs.diagnosis import diagnose_best
from optuna_dnc.runs.folder import RunFolder, read_stored_settings, read_summary
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredSettings
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.runs.strategies import stage_keys
from optuna_dnc.runs.studies import Studies, name_in_own_file, name_in_storage
from optuna_dnc.runs.trial_digests import check_trials


@dataclass(frozen=True)
class Run:
    """What a search has measured so far, read without changing anything."""

    folder: RunFolder
    settings: dict[str, Any]
    """What settings.json holds: the settings with their defaults, space, data set, task."""
    stages: tuple[StageKey, ...]
    """In the order in which they run."""
    studies: Studies
    ledger: Ledger
    """The records of all trials that were measured, stage by stage."""
    summary: dict[str, Any] | None
    """result.json; None before a run has ended."""
    state: str
    """``complete``, ``running`` (a process is at work on it) or ``stopped``."""

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def is_classification(self) -> bool:
        """Whether errors are shares of wrong labels."""
        return bool(self.settings["task"] == "classification")

    @cached_property
    def study_of(self) -> dict[str, optuna.Study]:
        """The studies that there are, by the names of their stages; their trials are read once."""
        studies = {stage.name: self.studies.existing(stage) for stage in self.stages}
        return {name: study for name, study in studies.items() if study is not None}

    @cached_property
    def baseline(self) -> Baseline:
        """The cost that counts as 1.

        Raises:
            InputError: The search has not got so far as to measure it.
        """
        value = self.studies.baseline()
        if value is None:
            raise InputError(
                f"{self.path} holds a search that has measured nothing yet; start it again."
            )
        return Baseline(self.settings["penalize"], value)

    @property
    def diagnosis(self) -> list[str]:
        """What the best network's curves say, see :func:`optuna_dnc.runs.diagnose`."""
        return diagnose_best(self.ledger, constant_loss=self.studies.constant_loss())

    def complexity(self, record: Record) -> float:
        """The cost of a network over that of the baseline."""
        return self.baseline.complexity(record.measured)


def open_run(
    path: str | Path, storage: str | BaseStorage | None = None, *, to_read: bool = False
) -> Run:
    """Read a search.

    Args:
        path: The run's folder.
        storage: As given to the search; None for the study.db of the folder.
        to_read: Whether an SQLite file is opened so that nothing can be written to it later
            either; a run that is not at work is then not seen to change.

    Raises:
        InputError: The folder holds no search, a file of it is damaged, or its storage cannot be
            reached.
    """
    folder = RunFolder(path)
    settings = read_settings(folder)
    if storage is None and not folder.study.exists():
        raise InputError(f"{folder.path} holds no study.db; give the storage= of the search.")
    stages = stage_keys(settings["strategy"], settings["pruner"])
    # Not a SearchResult, which needs the network family: numbers can be told without it.
    summary = read_summary(folder) if folder.result.exists() else None
    check_sealed(folder.result, summary or {})
    opened = open_storage(storage or folder.study, create=False, to_read=to_read)
    if storage is None:
        name = name_in_own_file(opened, folder)
    else:
        found = name_in_storage(opened, folder, settings, stages[0])
        if found is None and summary is not None:
            raise InputError(
                f"storage: it holds no studies of the search in {folder.path}, or those of "
                "several like it; give the storage= that the search was begun with, or leave it "
                "out if it had none."
            )
        name = found or folder.name
    place = "its storage" if storage else str(folder.study)
    studies = Studies(opened, name, stages, place)
    check_trials(studies, summary)
    ledger = Ledger(studies.records(), studies.crashes())
    penalize = settings["penalize"]
    if any(penalize not in record.measured.costs for record in ledger.records):
        reason = f"penalize {shown(penalize)} is a cost that its trials have not recorded"
        raise DamagedFile(folder.settings, reason)
    return Run(
        folder=folder,
        settings=settings,
        stages=stages,
        studies=studies,
        ledger=ledger,
        summary=summary,
        state=_state(folder, summary),
    )


def read_settings(folder: RunFolder) -> dict[str, Any]:
    """What settings.json holds, with the defaults of settings that it is older than.

    Raises:
        InputError: The folder holds no search, or the file is damaged.
    """
    stored = read_stored_settings(folder)
    check_schema(folder.settings, stored, StoredSettings)
    known = {name: stored[name] for name in SearchSettings.model_fields if name in stored}
    try:
        settings = SearchSettings(**known)
    except InputError as error:
        raise DamagedFile(folder.settings, brief(error)) from None
    return stored | settings.model_dump(mode="json")


def _state(folder: RunFolder, summary: dict[str, Any] | None) -> str:
    if is_claimed(folder.path):
        return "running"
    return "complete" if summary is not None and summary.get("complete") else "stopped"
