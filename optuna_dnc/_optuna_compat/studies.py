"""Studies: their trials and attributes, and the loop that works on them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

from optuna.storages import GrpcStorageProxy
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._optuna_compat.worker_storage import WorkerStorage


def all_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials of a study by number, not copied: never change them.

    ``_get_trials`` and not ``get_trials``: the latter is filtered by bracket when the pruner is
    Hyperband, and a COMPLETE trial has the same meaning in every bracket. Optuna's per-thread
    cache is not used: it still lacks the latest trials when a RUNNING one is taken up again
    through ``optuna.trial.Trial(study, trial_id)``.
    """
    return study._get_trials(deepcopy=False, use_cache=False)


def stored_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials by number as they are stored, and not as a worker knows them.

    A database may store 0.0 for -0.0, for example.
    """
    if isinstance(study._storage, WorkerStorage):
        return study._storage._backend.get_all_trials(study._study_id, deepcopy=False)
    return study.get_trials(deepcopy=False)


def agreed(study: Study, name: str, value: Any) -> Any:
    """Return a value that all workers of a study share; the first caller sets it.

    Two callers at the same instant may both be the first, and get different values once.
    """
    attributes = study_attributes(study)
    if name not in attributes:
        set_study_attribute(study, name, value)
        attributes = study_attributes(study)
    return attributes.get(name, value)


def study_attributes(study: Study) -> dict[str, Any]:
    """Return the system attributes of a study."""
    return study._storage.get_study_system_attrs(study._study_id)


def set_study_attribute(study: Study, name: str, value: Any) -> None:
    """Set a system attribute of a study, in place of an earlier value."""
    study._storage.set_study_system_attr(study._study_id, name, value)


def keeps_order(study: Study) -> bool:
    """Return whether parameters of trials keep their order; gRPC does not."""
    return not isinstance(study._storage, GrpcStorageProxy)


@contextmanager
def optimize_loop(study: Study, *, begins: bool = True) -> Iterator[Callable[[], bool]]:
    """Behave as ``study.optimize``; the yielded function says whether to stop.

    ``study.stop`` works in this thread until the end, and a nested loop is refused.

    Args:
        study: The study.
        begins: Whether the loop begins here; False in the threads of a loop that has begun.
    """
    if study._thread_local.in_optimize_loop:
        raise RuntimeError("Nested invocation of `Study.optimize` method isn't allowed.")
    if begins:
        study._stop_flag = False
    study._thread_local.in_optimize_loop = True
    try:
        yield lambda: study._stop_flag
    finally:
        study._thread_local.in_optimize_loop = False
        study._storage.remove_session()


class LaterTrials(Study):
    """A study as if its first trials did not exist.

    Args:
        study: The study.
        first: Number of the first trial to keep.
    """

    def __init__(self, study: Study, first: int) -> None:
        vars(self).update(vars(study))
        self._first = first

    @override
    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = super()._get_trials(deepcopy, states, use_cache)
        return [trial for trial in trials if trial.number >= self._first]
