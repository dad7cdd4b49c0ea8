"""Notes of the order in which trials got their parameters, for storages that forget it."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import all_trials, keeps_order, set_system_attr, trial_id
from optuna_dnc.samplers.dnc.history import is_informative
from optuna_dnc.samplers.dnc.suggest_order import NOTE, Names, SuggestOrders
from optuna_dnc.samplers.study_memory import StudyMemory


@dataclass
class _Seen:
    """What this process has seen of a study."""

    begun: WeakValueDictionary[int, FrozenTrial] = field(default_factory=WeakValueDictionary)
    """Running trials by their id in the storage."""
    known: set[Names] = field(default_factory=set)
    """Orders that need no note."""


class OrderNotes:
    """Writer of the order of suggestion into trials that end, where no other note implies it."""

    def __init__(self) -> None:
        self._memory = StudyMemory(_Seen)

    def begin(self, study: Study, trial: FrozenTrial) -> None:
        """Remember a trial, to which Optuna adds parameters in the order of suggestion."""
        seen = self._memory.of(study)
        if trial.number == 0:  # a database gives the id of a deleted study to the next one
            seen.known.clear()
        if keeps_order(study) or not trial.params:  # the order of earlier parameters is lost
            seen.begun[trial_id(trial)] = trial

    def end(self, study: Study, trial: FrozenTrial) -> None:
        """Note the order of a trial unless it is known."""
        seen = self._memory.of(study)
        own = seen.begun.pop(trial_id(trial), trial if keeps_order(study) else None)
        if own is None or own.distributions.keys() != trial.distributions.keys():
            return
        names = (*own.distributions,)
        if len(names) < 2 or names in seen.known:
            return
        orders = SuggestOrders()
        orders.learn(t for t in all_trials(study) if is_informative(t))
        if not orders.follows(names):
            set_system_attr(study, trial, NOTE, [*names])
        seen.known.add(names)
