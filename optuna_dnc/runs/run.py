"""Run of a search, read from its folder and storage while it is running."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import optuna
from optuna.storages import BaseStorage
from pydantic import Field

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._files import DamagedFile
from optuna_dnc._locks import is_claimed
from optuna_dnc.objectives import CostNormalizer, Metric, described_metric
from optuna_dnc.runs.choice import answer_summary, label_of
from optuna_dnc.runs.diagnosis import diagnose_best
from optuna_dnc.runs.folder import SCHEMA, RunFolder, read_stored_settings, read_summary
from optuna_dnc.runs.leaderboard import Leaderboard, leaderboard
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.life_cycle import LIVE, State, state_of_run
from optuna_dnc.runs.recipe import of_this_version
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.schema_types import (
    Count,
    Finite,
    Measured,
    Stored,
    Text,
    check_schema,
    read_stored,
)
from optuna_dnc.runs.schemas import StoredSettings
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.runs.strategies import stage_keys
from optuna_dnc.runs.studies import Studies, name_in_own_file, name_in_storage
from optuna_dnc.runs.trial_digests import check_trials
from optuna_dnc.tasks import learning_task


@dataclass(frozen=True)
class Run:
    """State of a search, read without changing it."""

    folder: RunFolder
    settings: dict[str, Any]
    """Content of settings.json: settings with defaults, spaces, data set, task."""
    stages: tuple[StageKey, ...]
    """Stages in the order in which they run."""
    studies: Studies
    ledger: Ledger
    """Records of all measured trials, stage by stage."""
    summary: dict[str, Any] | None
    """Content of result.json; None before the first end of the search."""
    state: State
    """State in the life cycle of a run."""

    @property
    def is_live(self) -> bool:
        """Whether a process works on it."""
        return self.state in LIVE

    @property
    def path(self) -> Path:
        """Folder of the run."""
        return self.folder.path

    @property
    def predicts_labels(self) -> bool:
        """Whether predictions are labels, one or several for each sample."""
        return learning_task(self.settings["task"]).predicts_labels

    @property
    def metric(self) -> Metric:
        """Metric of the errors, or one that only formats if it is not registered."""
        return described_metric(self.settings["metric"], self.settings["task"])

    @cached_property
    def study_of(self) -> dict[str, optuna.Study]:
        """Existing studies by the names of their stages."""
        studies = {stage.name: self.studies.existing(stage) for stage in self.stages}
        return {name: study for name, study in studies.items() if study is not None}

    @cached_property
    def baseline(self) -> CostNormalizer:
        """Normalization of costs: the cost that counts as 1.

        Raises:
            InputError: The search has not measured it yet.
        """
        value = self.studies.baseline()
        if value is None:
            raise InputError(
                f"{self.path} holds a search without finished trials; run it again to resume."
            )
        return CostNormalizer(self.settings["penalize"], value)

    @cached_property
    def answer(self) -> dict[str, Any] | None:
        """Content of result.json as if the chosen network were the best; None without one."""
        return None if self.summary is None else answer_summary(self.summary)

    @property
    def answer_record(self) -> Record | None:
        """Record of the chosen network, or of the best; None before the first one was trained."""
        chosen = (self.summary or {}).get("chosen")
        record = None if chosen is None else self.ledger.of_trial(label_of(chosen))
        return record or self.ledger.best

    @cached_property
    def leaderboard(self) -> Leaderboard:
        """One row for each distinct architecture, best first."""
        return leaderboard(self.ledger.records, self.settings["penalize"], self.ledger.best)

    @cached_property
    def analysis(self) -> dict[str, Any] | None:
        """Content of analysis.json: importance of columns, slices with large errors.

        None if there is none of the saved network.
        """
        return read_analysis(self.folder, self.answer)

    @property
    def diagnosis(self) -> list[str]:
        """Diagnosis of the best network, see :func:`optuna_dnc.runs.diagnose`."""
        return diagnose_best(self.ledger, constant_loss=self.studies.constant_loss())

    def complexity(self, record: Record) -> float:
        """Return the cost of a network relative to the baseline."""
        return self.baseline.complexity(record.measured)


def open_run(
    path: str | Path, storage: str | BaseStorage | None = None, *, to_read: bool = False
) -> Run:
    """Open the run of a search.

    Args:
        path: Folder of the run.
        storage: Storage of the search; None for study.db in the folder.
        to_read: Whether to open an SQLite file read-only. Changes of a run that is not running
            are then not seen.

    Raises:
        InputError: The folder holds no search, a file is damaged, or the storage cannot be
            reached.
    """
    folder = RunFolder(path)
    settings = read_settings(folder)
    if storage is None and not folder.study.exists():
        raise InputError(f"{folder.path} holds no study.db; give the storage= of the search.")
    stages = stage_keys(settings["strategy"], settings["pruner"])
    # Not a SearchResult, which needs the network family.
    summary = read_summary(folder) if folder.result.exists() else None
    opened = open_storage(storage or folder.study, create=False, to_read=to_read)
    if storage is None:
        name = name_in_own_file(opened, folder)
    else:
        named = name_in_storage(opened, folder, settings, stages[0])
        if named is None and summary is not None:
            raise InputError(
                f"storage: it holds no study of the search in {folder.path}, or several; give the "
                "storage= that the search was started with, or drop it if there was none."
            )
        name = named or folder.name
    holder = "its storage" if storage else str(folder.study)
    studies = Studies(opened, name, stages, holder)
    check_trials(studies, summary)
    ledger = studies.ledger()
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
        state=state_of_run(
            is_live=is_claimed(folder.path),
            wanted=studies.wanted(),
            ledger=ledger,
            outlook=studies.outlook(),
            summary=summary,
        ),
    )


def read_settings(folder: RunFolder) -> dict[str, Any]:
    """Read settings.json, with the defaults of settings that are newer than the file.

    Raises:
        InputError: The folder holds no search, or the file is damaged.
    """
    stored = of_this_version(read_stored_settings(folder))
    check_schema(folder.settings, stored, StoredSettings)
    known = {name: stored[name] for name in SearchSettings.model_fields if name in stored}
    try:
        settings = SearchSettings(**known)
    except InputError as error:
        raise DamagedFile(folder.settings, brief(error)) from None
    return stored | settings.model_dump(mode="json")


def read_analysis(folder: RunFolder, summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """Read analysis.json, see docs/result-files.md.

    Args:
        folder: Folder of the run.
        summary: Content of result.json.

    Returns:
        None if the run has none, or one of another network.

    Raises:
        InputError: The file is damaged.
    """
    if summary is None or not folder.analysis.exists():
        return None
    analysis = read_stored(folder.analysis, StoredAnalysis, SCHEMA)
    best = summary["best"]
    is_of_best = analysis["trial"] == f"{best['stage']}/{best['trial_number']}"
    return analysis if is_of_best else None


class StoredImportance(Stored):
    """One of the ``features`` of analysis.json."""

    name: Text
    increase: Finite
    deviation: Annotated[Finite, Field(ge=0)]


class StoredSlice(Stored):
    """One of the ``slices`` of analysis.json."""

    column: Text
    what: Text
    n: Count
    error: Measured


class StoredAnalysis(Stored):
    """analysis.json."""

    trial: Text
    n_rows: Count
    features: list[StoredImportance]
    slices: list[StoredSlice]
    part: Literal["test", "validation"]
    part_error: Measured
