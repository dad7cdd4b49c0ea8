"""Optuna studies of a search, one per stage, in one storage."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from platform import node
from typing import Any

import optuna
from optuna.exceptions import (
    DuplicatedStudyError,
    ExperimentalWarning,
)
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from typing_extensions import override

from optuna_dnc._errors import InputError, StorageError
from optuna_dnc._locks import Locks
from optuna_dnc._optuna_compat import deciding, engine_of
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.identity import check_same_search, with_growth
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.recipe import of_this_version
from optuna_dnc.runs.records import Crash, Record, Rejection, is_measured, is_rejected
from optuna_dnc.runs.sharing import check_reachable_here, locks_of
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import damage_reported
from optuna_dnc.runs.study_facts import StudyFacts, fact_problem

PATIENCE = 1.0
"""Seconds to wait for another process to store the settings of a study that it has created."""


def name_in_own_file(storage: BaseStorage, folder: RunFolder) -> str:
    """Return the prefix of study names in the run's own file: the first name of its folder."""
    with damage_reported(str(folder.study)):
        names = {name.rpartition("/")[0] for name in optuna.get_all_study_names(storage)}
    return names.pop() if len(names) == 1 else folder.name


def name_in_storage(
    storage: BaseStorage, folder: RunFolder, settings: Mapping[str, Any], first: StageKey
) -> str | None:
    """Return the prefix of a run's study names, also if its folder was copied or renamed.

    It is the name of the folder if the study of that name belongs to this search, otherwise that
    of the only study that does.

    Args:
        storage: Storage, which may hold the studies of many searches.
        folder: Folder of the run.
        settings: Content of its settings.json.
        first: First stage, whose study holds the settings of the search.

    Returns:
        None if there is no such study, or several.
    """
    with damage_reported("the storage"):
        return _name_of_search(storage, f"{folder.name}/{first.label}", settings, first)


def _name_of_search(
    storage: BaseStorage, here: str, settings: Mapping[str, Any], first: StageKey
) -> str | None:
    names = [name for name in optuna.get_all_study_names(storage) if name.endswith(first.label)]
    prefixes = []
    for name in sorted(names, key=lambda name: name != here):
        study = optuna.load_study(study_name=name, storage=storage)
        stored = study.user_attrs.get("settings")
        is_older = stored is None and name == here
        is_same = isinstance(stored, dict) and (
            of_this_version(stored).items() <= settings.items()
        )
        if is_older or is_same:
            prefixes.append(name.removesuffix(f"/{first.label}"))
        if prefixes and name == here:
            break
    return prefixes[0] if len(prefixes) == 1 else None


def _is_elsewhere(other: dict[str, str], folder: RunFolder) -> bool:
    """Return whether a search was started in another folder that may still exist."""
    if other["host"] != node():
        return True
    path = Path(other["path"])
    return path != folder.path.resolve() and RunFolder(path).settings.exists()


class Studies(StudyFacts):
    """Studies of a search: ``NAME/1-core-architecture`` and so on, or ``NAME/1-joint``.

    The first one holds the attributes of the search.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        stages: Sequence[StageKey],
        holder: str = "the storage",
    ) -> None:
        """Use the studies of a storage.

        Args:
            storage: Storage of the studies.
            name: Prefix of their names.
            stages: Stages of the search, one per study.
            holder: Name of the storage in messages.
        """
        self._storage = storage
        self.holder = holder
        self._name = name
        self.stages = stages
        self._opened: dict[str, optuna.Study] = {}
        self._read: dict[str, optuna.Study] = {}
        self._is_new = False

    def open(self, stage: StageKey, sampler: BaseSampler | None = None) -> optuna.Study:
        """Open the study of a stage; create a missing one."""
        name = self._study_name(stage)
        if name not in self._opened:
            self._opened[name] = self._open(name)
        if sampler is not None:
            self._opened[name].sampler = sampler
        return self._opened[name]

    def _open(self, name: str) -> optuna.Study:
        with quiet_optuna():  # a search has several studies, which its user did not ask for
            study = optuna.create_study(
                study_name=name, storage=self._storage, load_if_exists=True
            )
        if not study.metric_names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                study.set_metric_names(["log10 loss"])
        return study

    def check_ours(self, identity: dict[str, Any], folder: RunFolder | None) -> None:
        """Refuse studies of another search with the same names; writes nothing.

        A search of another strategy may begin with another stage and share later ones. The same
        search in another folder would resume the trials that are trained there.

        Args:
            identity: Identity of the search.
            folder: Folder of the run; None if the storage is a file in it.
        """
        first = self._study_name(self.stages[0])
        study = self.existing(self.stages[0])
        self._is_new = study is None
        if study is not None and (stored := self._settings_of_others()) is not None:
            stored = with_growth(stored, identity)
            check_same_search(stored, identity, f"the storage's study {first!r}")
            other = self._attribute("folder")
            is_new = folder is not None and not folder.settings.exists()
            if folder is not None and is_new and other and _is_elsewhere(other, folder):
                raise InputError(
                    f"storage: its study {first!r} belongs to the same search in {other['path']} "
                    f"on {other['host']}; resume it there, or choose a folder of another name "
                    "with out=."
                )
            return
        with damage_reported(self.holder):
            names = optuna.get_all_study_names(self._storage)
            has_trials = study is not None and bool(study.get_trials(deepcopy=False))
        for name in names:
            is_others = name.startswith(f"{self._name}/") and name != first
            if is_others or (name == first and has_trials):
                raise InputError(
                    f"storage: its study {name!r} belongs to another search; choose a folder of "
                    "another name with out=."
                )

    def claim(self, identity: dict[str, Any], folder: RunFolder) -> None:
        """Store settings and folder of the search in its first study.

        Raises:
            InputError: Another search has just created the study.
        """
        # Since the check, another process may have created it.
        if self._is_new:
            self._create_first()
        study = self.open(self.stages[0])
        # Settings last: a process that reads them finds the folder, too.
        study.set_user_attr("folder", {"host": node(), "path": str(folder.path.resolve())})
        study.set_user_attr("settings", identity)

    def _create_first(self) -> None:
        """Create the first study; the storage lets only one of several processes do so."""
        name = self._study_name(self.stages[0])
        try:
            with quiet_optuna():
                optuna.create_study(study_name=name, storage=self._storage)
        except DuplicatedStudyError:
            raise InputError(
                f"storage: another search has just created the study {name!r}; choose a folder of "
                "another name with out=."
            ) from None

    def _settings_of_others(self) -> dict[str, Any] | None:
        """Return the stored settings; wait for a process that has just created the study."""
        deadline = time.monotonic() + PATIENCE
        while (stored := self.settings()) is None and time.monotonic() < deadline:
            time.sleep(PATIENCE / 20)
        return stored

    def settings(self) -> dict[str, Any] | None:
        """Return the settings stored by :meth:`claim`, if any."""
        settings: dict[str, Any] | None = self._attribute("settings")
        return settings

    def existing(self, stage: StageKey) -> optuna.Study | None:
        """Return the study of a stage without writing; None if it does not exist."""
        name = self._study_name(stage)
        if name in self._opened:
            return self._opened[name]
        with damage_reported(self.holder), suppress(KeyError):
            if name not in self._read:
                self._read[name] = optuna.load_study(study_name=name, storage=self._storage)
        return self._read.get(name)

    def ledger(self) -> Ledger:
        """Return what is known of all trials, read once."""
        studies = [self.existing(stage) for stage in self.stages]
        with damage_reported(self.holder):
            trials = [
                trial
                for study in studies
                if study is not None
                for trial in study.get_trials(deepcopy=False)
            ]
            return Ledger(
                [Record.from_trial(trial) for trial in trials if is_measured(trial)],
                [Crash.from_trial(trial) for trial in trials if Crash.is_one(trial)],
                [Rejection.from_trial(trial) for trial in trials if is_rejected(trial)],
                self.cross_validation(),
            )

    def locks(self, folder: Path) -> Locks:
        """Return the locks that all workers of the search share."""
        return locks_of(folder, self._storage, self._name)

    def check_reachable_here(self) -> None:
        """Raise :class:`InputError` if workers on this host cannot share the storage."""
        in_tradeoff = bool((self.settings() or {}).get("shares_trials"))
        check_reachable_here(self._storage, self._attribute("folder"), in_tradeoff=in_tradeoff)

    def close(self) -> None:
        """Close the connections of a database; SQLite then merges its log into the file.

        Further use opens new ones.
        """
        engine = engine_of(self._storage)
        if engine is not None:
            self._storage.remove_session()
            engine.dispose()

    def deciding(self, *, training: bool = False) -> AbstractContextManager[None]:
        """Read each study once within the block; the caller holds the decision lock.

        Args:
            training: Whether this worker still claims the trials that it has begun.
        """
        return deciding(self._storage, training=training)

    @override
    def _attribute(self, name: str) -> Any:
        """Return an attribute of the first study; None if it is missing."""
        study = self.existing(self.stages[0])
        with damage_reported(self.holder):
            value = None if study is None else study.user_attrs.get(name)
        if problem := fact_problem(name, value):
            raise StorageError(f"{self.holder} is damaged ({problem}); restore it from a copy.")
        return value

    @override
    def _keep(self, name: str, value: Any) -> None:
        self.open(self.stages[0]).set_user_attr(name, value)

    def _study_name(self, stage: StageKey) -> str:
        return f"{self._name}/{stage.label}"
