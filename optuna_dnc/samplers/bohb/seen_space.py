"""The search space that the trials of a study show, each read once."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import storage_and_id, trial_id
from optuna_dnc.space import SearchSpace
from optuna_dnc.space.merge import MergedDistributions


class SeenSpaces:
    """Unites the distributions of each study's trials, without conditions.

    Remembering only saves time: names are sorted, so that the space depends on the trials alone
    and not on the order in which they were read.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: WeakKeyDictionary[BaseStorage, dict[int, _Seen]] = WeakKeyDictionary()

    def space(self, study: Study, trials: Iterable[FrozenTrial]) -> SearchSpace:
        """Return the space of the study after these trials of it."""
        storage, number = storage_and_id(study)
        with self._lock:
            return self._of.setdefault(storage, {}).setdefault(number, _Seen()).after(trials)

    def __getstate__(self) -> dict[str, Any]:
        """Forget everything: a lock stays in its process, and so do storages."""
        return {"nothing": True}  # of an empty state the old pickle protocols tell nobody

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]


class _Seen:
    def __init__(self) -> None:
        self._merged = MergedDistributions()
        self._n_params: dict[int, int] = {}
        self._space = SearchSpace({})

    def after(self, trials: Iterable[FrozenTrial]) -> SearchSpace:
        changes = []
        for trial in trials:
            key, n = trial_id(trial), len(trial.distributions)
            if self._n_params.get(key) != n:  # one that runs may ask for more
                self._n_params[key] = n
                changes.append(self._merged.add(trial))
        if any(changes):
            self._space = SearchSpace(dict(sorted(self._merged.union().items())))
        return self._space
