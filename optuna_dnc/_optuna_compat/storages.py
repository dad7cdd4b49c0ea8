"""Storages: their databases, and what a worker may cache of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.study import Study

from optuna_dnc._optuna_compat.worker_storage import WorkerStorage

if TYPE_CHECKING:
    from sqlalchemy import Engine


SAFE_TO_REPEAT = (
    "get_study_id_from_name",
    "get_study_name_from_id",
    "get_study_directions",
    "get_study_user_attrs",
    "get_study_system_attrs",
    "get_all_studies",
    "get_trial_id_from_study_id_trial_number",
    "get_trial",
    "get_all_trials",
    "set_study_user_attr",
    "set_study_system_attr",
    "set_trial_param",
    "set_trial_intermediate_value",
    "set_trial_user_attr",
    "set_trial_system_attr",
    # What a _CachedStorage calls instead.
    "_get_trials",
    "_set_trial_param",
)
"""Methods of storages that do the same the second time."""


def storage_and_id(study: Study) -> tuple[BaseStorage, int]:
    """Return the storage of a study and its id there, also for the study of a bracket."""
    return study._storage, study._study_id


def engine_of(storage: BaseStorage) -> Engine | None:
    """Return the engine of a database, also of a cached one; None for other storages."""
    uncached = getattr(storage, "_backend", storage)
    return uncached.engine if isinstance(uncached, RDBStorage) else None


def journal_of(storage: BaseStorage) -> BaseJournalBackend | None:
    """Return what a journal is written to; None for other storages."""
    return storage._backend if isinstance(storage, JournalStorage) else None


def for_worker(storage: BaseStorage) -> BaseStorage:
    """Return a storage for the only worker that uses it, faster if it is a database."""
    return WorkerStorage(storage) if isinstance(storage, RDBStorage) else storage


def deciding(storage: BaseStorage, *, training: bool = False) -> AbstractContextManager[None]:
    """See :meth:`WorkerStorage.deciding`; does nothing for other storages."""
    if isinstance(storage, WorkerStorage):
        return storage.deciding(training=training)
    return nullcontext()


def create_missing_indexes(storage: RDBStorage) -> None:
    """Create the indexes that an interrupted creation of a database has left out.

    Optuna creates them together with their tables, and never later. Without the index of study
    names, each opening of a study creates another one.
    """
    from optuna.storages._rdb.models import BaseModel
    from sqlalchemy.schema import CreateIndex

    with storage.engine.begin() as connection:
        for table in BaseModel.metadata.sorted_tables:
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
