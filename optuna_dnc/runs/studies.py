"""The Optuna studies of a search, one a stage, in one storage."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from platform import node
from typing import Any

import optuna
from optuna.exceptions import (
    DuplicatedStudyError,
    ExperimentalWarning,
)
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.records import LAST_WRITTEN, Crash, Record
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import damage_told

PATIENCE = 1.0
"""Seconds for a process that has created a study to write what it is for."""

_MEASURED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING)


def name_in_own_file(storage: BaseStorage, folder: RunFolder) -> str:
    """What the studies in a run's own file are named after: the folder, as it was called then."""
    with damage_told(str(folder.study)):
        names = {name.rpartition("/")[0] for name in optuna.get_all_study_names(storage)}
    return names.pop() if len(names) == 1 else folder.name


def name_in_storage(
    storage: BaseStorage, folder: RunFolder, settings: Mapping[str, Any], first: StageKey
) -> str | None:
    """What the studies of a run are named after, also where its folder was copied or renamed.

    The name of the folder, if the study of that name is of this search; else that of the one
    study which is.

    Args:
        storage: Perhaps with the studies of many searches.
        folder: Of the run.
        settings: What its settings.json holds.
        first: The first stage, whose study holds the settings of the search.

    Returns:
        None where there is no such study, or several.
    """
    with damage_told("the storage"):
        return _name_of_search(storage, f"{folder.name}/{first.label}", settings, first)


def _name_of_search(
    storage: BaseStorage, here: str, settings: Mapping[str, Any], first: StageKey
) -> str | None:
    names = [name for name in optuna.get_all_study_names(storage) if name.endswith(first.label)]
    found = []
    for name in sorted(names, key=lambda name: name != here):
        study = optuna.load_study(study_name=name, storage=storage)
        stored = study.user_attrs.get("settings")
        is_older = stored is None and name == here
        if is_older or (isinstance(stored, dict) and stored.items() <= settings.items()):
            found.append(name.removesuffix(f"/{first.label}"))
        if found and name == here:
            break
    return found[0] if len(found) == 1 else None


def _is_elsewhere(other: dict[str, str], folder: RunFolder) -> bool:
    """Whether a search was begun in another folder, which is still there as far as is known."""
    if other["host"] != node():
        return True
    path = Path(other["path"])
    return path != folder.path.resolve() and RunFolder(path).settings.exists()


def _is_written(trial: FrozenTrial) -> bool:
    """Whether there is a whole record of it: one that waits may have been interrupted before."""
    has_loss = trial.value is not None or bool(trial.intermediate_values)
    return has_loss and LAST_WRITTEN in trial.user_attrs


class Studies:
    """The studies ``NAME/1-core-architecture`` and so on, or ``NAME/1-joint``.

    The first holds what all share.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        stages: Sequence[StageKey],
        place: str = "the storage",
    ) -> None:
        """Take the studies of a storage.

        Args:
            storage: Where they are.
            name: What their names begin with.
            stages: One each.
            place: What messages call the storage.
        """
        self._storage = storage
        self.place = place
        self._name = name
        self.stages = stages
        self._opened: dict[str, optuna.Study] = {}
        self._read: dict[str, optuna.Study] = {}
        self._is_new = False

    def open(self, stage: StageKey, sampler: BaseSampler | None = None) -> optuna.Study:
        """Open the study of a stage; it is created if there is none."""
        name = self._study_name(stage)
        if name not in self._opened:
            self._opened[name] = self._open(name)
        if sampler is not None:
            self._opened[name].sampler = sampler
        return self._opened[name]

    def _open(self, name: str) -> optuna.Study:
        study = optuna.create_study(study_name=name, storage=self._storage, load_if_exists=True)
        if not study.metric_names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                study.set_metric_names(["log10 loss"])
        return study

    def check_ours(self, identity: dict[str, Any], folder: RunFolder | None) -> None:
        """Refuse the studies of another search under the same name; writes nothing.

        A search of another strategy may have begun with another stage and share the later ones.
        The same search in another folder would take up what is being trained there.

        Args:
            identity: Of the search.
            folder: Of the run; None where the storage is a file in it.
        """
        first = self._study_name(self.stages[0])
        study = self.existing(self.stages[0])
        self._is_new = study is None
        if study is not None and (stored := self._settings_of_others()) is not None:
            check_same_search(stored, identity, f"the storage's study {first!r}")
            other = self._attribute("folder")
            is_new = folder is not None and not folder.settings.exists()
            if folder is not None and is_new and other and _is_elsewhere(other, folder):
                raise InputError(
                    f"storage: its study {first!r} is of the same search in {other['path']} on "
                    f"{other['host']}; go on there, or choose a folder of another name with out=."
                )
            return
        with damage_told(self.place):
            names = optuna.get_all_study_names(self._storage)
            has_trials = study is not None and bool(study.get_trials(deepcopy=False))
        for name in names:
            is_others = name.startswith(f"{self._name}/") and name != first
            if is_others or (name == first and has_trials):
                raise InputError(
                    f"storage: its study {name!r} is of another search; choose another folder "
                    "with out=, whose name the studies get."
                )

    def claim(self, identity: dict[str, Any], folder: RunFolder) -> None:
        """Write the settings and the folder of this search to its first study.

        Raises:
            InputError: A search in another folder was quicker.
        """
        # As it was when it was checked: meanwhile another process may have created it.
        if self._is_new:
            self._create_first()
        study = self.open(self.stages[0])
        # Settings last: whoever sees them sees the folder too.
        study.set_user_attr("folder", {"host": node(), "path": str(folder.path.resolve())})
        study.set_user_attr("settings", identity)

    def _create_first(self) -> None:
        """Create the first study; of several processes that try, the storage lets one."""
        name = self._study_name(self.stages[0])
        try:
            optuna.create_study(study_name=name, storage=self._storage)
        except DuplicatedStudyError:
            raise InputError(
                f"storage: another search has just created the study {name!r}; choose another "
                "folder with out=, whose name the studies get."
            ) from None

    def _settings_of_others(self) -> dict[str, Any] | None:
        """What is written to a study that was created just now, or was left without by a kill."""
        deadline = time.monotonic() + PATIENCE
        while (stored := self.settings()) is None and time.monotonic() < deadline:
            time.sleep(PATIENCE / 20)
        return stored

    def settings(self) -> dict[str, Any] | None:
        """What :meth:`claim` has written, if it has."""
        settings: dict[str, Any] | None = self._attribute("settings")
        return settings

    def baseline(self) -> float | None:
        """The cost that counts as 1, if it was measured."""
        value: float | None = self._attribute("baseline")
        return value

    def keep_baseline(self, value: float) -> None:
        """Store the cost that counts as 1."""
        self.open(self.stages[0]).set_user_attr("baseline", value)

    def constant_loss(self) -> float | None:
        """The training loss of the best constant guess, if it was stored."""
        value: float | None = self._attribute("constant_loss")
        return value

    def keep_constant_loss(self, value: float) -> None:
        """Store the training loss of the best constant guess, unless it is known."""
        if self.constant_loss() is None:
            self.open(self.stages[0]).set_user_attr("constant_loss", value)

    def shapes(self) -> tuple[tuple[int, ...], int] | None:
        """Shape of one sample and number of outputs, if they were stored."""
        input_shape = self._attribute("input_shape")
        return None if input_shape is None else (tuple(input_shape), self._attribute("n_outputs"))

    def keep_shapes(self, input_shape: tuple[int, ...], n_outputs: int) -> None:
        """Store what a network needs to know of the data to be built."""
        study = self.open(self.stages[0])
        study.set_user_attr("input_shape", list(input_shape))
        study.set_user_attr("n_outputs", n_outputs)

    def existing(self, stage: StageKey) -> optuna.Study | None:
        """The study of a stage, as it is; None where there is none. Writes nothing."""
        name = self._study_name(stage)
        if name in self._opened:
            return self._opened[name]
        with damage_told(self.place):
            if name not in self._read and name in optuna.get_all_study_names(self._storage):
                self._read[name] = optuna.load_study(study_name=name, storage=self._storage)
        return self._read.get(name)

    def records(self) -> list[Record]:
        """Every trial that has ended or waits to be trained on, stage by stage."""
        studies = [self.existing(stage) for stage in self.stages]
        with damage_told(self.place):
            return [
                Record.from_trial(trial)
                for study in studies
                if study is not None
                for trial in study.get_trials(deepcopy=False, states=_MEASURED)
                if _is_written(trial)
            ]

    def close(self) -> None:
        """Close the connections of a database; SQLite then has all in one file.

        Further use opens others.
        """
        if isinstance(self._storage, RDBStorage):
            self._storage.remove_session()
            self._storage.engine.dispose()

    def _attribute(self, name: str) -> Any:
        """An attribute of the first study; None where there is none."""
        study = self.existing(self.stages[0])
        with damage_told(self.place):
            return None if study is None else study.user_attrs.get(name)

    def crashes(self) -> list[Crash]:
        """Every trial that has ended the process too often, stage by stage."""
        studies = (self.existing(stage) for stage in self.stages)
        return [
            Crash.from_trial(trial)
            for study in studies
            if study is not None
            for trial in study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
            if Crash.is_one(trial)
        ]

    def _study_name(self, stage: StageKey) -> str:
        return f"{self._name}/{stage.label}"
