"""What trials note about the order in which they asked for their parameters."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import (
    all_trials,
    keeps_order,
    set_system_attr,
    storage_and_id,
    trial_id,
)
from optuna_dnc.samplers.dnc.asked_order import NOTE, AskedOrders, Names
from optuna_dnc.samplers.dnc.history import is_informative


class OrderNotes:
    """Notes in trials that end in which order they asked for their parameters."""

    def __init__(self) -> None:
        self._begun: WeakValueDictionary[tuple[int, int], FrozenTrial] = WeakValueDictionary()
        self._known: WeakKeyDictionary[BaseStorage, set[tuple[int, Names]]] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Forget what runs here: it stays in its process."""
        return {"nothing": True}  # of an empty state the old pickle protocols tell nobody

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]

    def begin(self, study: Study, trial: FrozenTrial) -> None:
        """Remember a trial, to which Optuna adds parameters as it asks for them."""
        if trial.number == 0:  # a database gives the number of a deleted study to the next one
            self._known.pop(storage_and_id(study)[0], None)
        if keeps_order(study) or not trial.params:  # what was asked before is in any order
            self._begun[_key(study, trial)] = trial

    def end(self, study: Study, trial: FrozenTrial) -> None:
        """Note the order of a trial unless it is known."""
        asked = self._begun.pop(_key(study, trial), trial if keeps_order(study) else None)
        if asked is None or asked.distributions.keys() != trial.distributions.keys():
            return
        names = (*asked.distributions,)
        storage, study_id = storage_and_id(study)
        known = self._known.setdefault(storage, set())
        if len(names) < 2 or (study_id, names) in known:
            return
        orders = AskedOrders()
        orders.learn(t for t in all_trials(study) if is_informative(t))
        if not orders.follows(names):
            set_system_attr(study, trial, NOTE, [*names])
        known.add((study_id, names))


def _key(study: Study, trial: FrozenTrial) -> tuple[int, int]:
    return id(storage_and_id(study)[0]), trial_id(trial)
