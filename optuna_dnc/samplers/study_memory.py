"""Memory of a sampler: one object per study."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from optuna.storages import BaseStorage
from optuna.study import Study

from optuna_dnc._optuna_compat import storage_and_id

T = TypeVar("T")


class StudyMemory(Generic[T]):
    """Objects that a sampler keeps, one for each study, until the study's storage is gone.

    A copy or a pickle starts empty: the objects hold locks and what only saves time.

    Args:
        create: Returns the object of a new study.
    """

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._lock = Lock()
        self._objects: WeakKeyDictionary[BaseStorage, dict[int, T]] = WeakKeyDictionary()

    def of(self, study: Study) -> T:
        """Return the object of a study."""
        storage, study_id = storage_and_id(study)
        with self._lock:
            of_storage = self._objects.setdefault(storage, {})
            if study_id not in of_storage:
                of_storage[study_id] = self._create()
            return of_storage[study_id]

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the objects."""
        return {"create": self._create}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start empty."""
        self.__init__(**state)  # type: ignore[misc]
