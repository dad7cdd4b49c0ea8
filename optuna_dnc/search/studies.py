"""The Optuna studies of a search, one a stage, in one storage."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING, Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._full_disk import is_disk_full
from optuna_dnc.search.database import open_database
from optuna_dnc.search.folder import RunFolder
from optuna_dnc.search.identity import check_same_search
from optuna_dnc.search.records import LAST_WRITTEN, Record

if TYPE_CHECKING:
    from optuna_dnc.search.stage import Stage

_MEASURED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING)


def open_storage(storage: str | Path | BaseStorage) -> BaseStorage:
    """Open a storage by its URL, a run's own file, or take a storage that is open already.

    Raises:
        InputError: The storage cannot be reached, in one line.
    """
    if isinstance(storage, BaseStorage):
        return storage
    try:
        return open_database(storage) if isinstance(storage, Path) else RDBStorage(storage)
    except ImportError as error:
        raise InputError(
            f"storage {shown(storage)} needs a database driver that is missing ({brief(error)}); "
            "install it."
        ) from None
    except Exception as error:
        if is_disk_full(error):
            raise
        # Each database driver has errors of its own.
        reason = brief(error.__cause__ or error)
        raise InputError(
            f"storage {shown(str(storage))} cannot be reached ({reason}); check the URL and that "
            "the database is running, or leave the storage out to use a file in the run's folder."
        ) from None


def is_storage_failure(error: BaseException) -> bool:
    """Whether a storage that was reached has stopped answering."""
    return isinstance(error, StorageInternalError | SQLAlchemyError)


def name_in_own_file(storage: BaseStorage, folder: RunFolder) -> str:
    """What the studies in a run's own file are named after: the folder, as it was called then."""
    names = {name.rpartition("/")[0] for name in optuna.get_all_study_names(storage)}
    return names.pop() if len(names) == 1 else folder.name


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

    def __init__(self, storage: BaseStorage, name: str, stages: Sequence[Stage]) -> None:
        self._storage = storage
        self._name = name
        self._stages = stages
        self._opened: dict[str, optuna.Study] = {}
        self._read: dict[str, optuna.Study] = {}

    def open(self, stage: Stage, sampler: BaseSampler | None = None) -> optuna.Study:
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

    def check_ours(self, identity: dict[str, Any], folder: RunFolder) -> None:
        """Refuse the studies of another search under the same name; writes nothing.

        A search of another strategy may have begun with another stage and share the later ones.
        The same search in another folder would take up what is being trained there.
        """
        first = self._study_name(self._stages[0])
        study = self.existing(self._stages[0])
        if study is not None and (stored := study.user_attrs.get("settings")) is not None:
            check_same_search(stored, identity, f"the storage's study {first!r}")
            other = study.user_attrs.get("folder")
            if other is not None and not folder.settings.exists() and _is_elsewhere(other, folder):
                raise InputError(
                    f"storage: its study {first!r} is of the same search in {other['path']} on "
                    f"{other['host']}; go on there, or choose a folder of another name with --out."
                )
            return
        for name in optuna.get_all_study_names(self._storage):
            is_others = name.startswith(f"{self._name}/") and name != first
            if is_others or (name == first and study and study.get_trials(deepcopy=False)):
                raise InputError(
                    f"storage: its study {name!r} is of another search; choose another folder "
                    "with --out, whose name the studies get."
                )

    def claim(self, identity: dict[str, Any], folder: RunFolder) -> None:
        """Write the settings and the folder of this search to its first study."""
        study = self.open(self._stages[0])
        study.set_user_attr("settings", identity)
        study.set_user_attr("folder", {"host": node(), "path": str(folder.path.resolve())})

    def baseline(self) -> float | None:
        """The cost that counts as 1, if it was measured."""
        study = self.existing(self._stages[0])
        return None if study is None else study.user_attrs.get("baseline")

    def keep_baseline(self, value: float) -> None:
        """Store the cost that counts as 1."""
        self.open(self._stages[0]).set_user_attr("baseline", value)

    def constant_loss(self) -> float | None:
        """The training loss of the best constant guess, if it was stored."""
        study = self.existing(self._stages[0])
        return None if study is None else study.user_attrs.get("constant_loss")

    def keep_constant_loss(self, value: float) -> None:
        """Store the training loss of the best constant guess."""
        self.open(self._stages[0]).set_user_attr("constant_loss", value)

    def shapes(self) -> tuple[tuple[int, ...], int] | None:
        """Shape of one sample and number of outputs, if they were stored."""
        study = self.existing(self._stages[0])
        if study is None or "input_shape" not in study.user_attrs:
            return None
        return tuple(study.user_attrs["input_shape"]), study.user_attrs["n_outputs"]

    def keep_shapes(self, input_shape: tuple[int, ...], n_outputs: int) -> None:
        """Store what a network needs to know of the data to be built."""
        study = self.open(self._stages[0])
        study.set_user_attr("input_shape", list(input_shape))
        study.set_user_attr("n_outputs", n_outputs)

    def existing(self, stage: Stage) -> optuna.Study | None:
        """The study of a stage, as it is; None where there is none. Writes nothing."""
        name = self._study_name(stage)
        if name in self._opened:
            return self._opened[name]
        if name not in self._read and name in optuna.get_all_study_names(self._storage):
            self._read[name] = optuna.load_study(study_name=name, storage=self._storage)
        return self._read.get(name)

    def records(self) -> list[Record]:
        """Every trial that has ended or waits to be trained on, stage by stage."""
        studies = (self.existing(stage) for stage in self._stages)
        return [
            Record.from_trial(trial)
            for study in studies
            if study is not None
            for trial in study.get_trials(deepcopy=False, states=_MEASURED)
            if _is_written(trial)
        ]

    def _study_name(self, stage: Stage) -> str:
        return f"{self._name}/{stage.label}"
