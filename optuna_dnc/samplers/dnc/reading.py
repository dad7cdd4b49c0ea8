"""Cache of a study's trials, read once for all parameters that a trial suggests at once.

Each read is a query of the database, or a pass over the journal, and costs more than a proposal
if many workers share a study.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import agreed, all_trials, storage_and_id

_FRESH_SECONDS = 1.0
"""A trial that trains for a while and then suggests more parameters reads anew."""


@dataclass(frozen=True)
class _Reading:
    storage: BaseStorage
    study_id: int
    trials: list[FrozenTrial]
    at: float
    agreed: dict[str, Any] = field(default_factory=dict)


_thread = threading.local()


def begin_reading(study: Study) -> list[FrozenTrial]:
    """Read the study's trials for this thread's next trial, and return them."""
    trials = all_trials(study)
    _thread.reading = _Reading(*storage_and_id(study), trials, time.monotonic())
    return trials


def end_reading() -> None:
    """Drop the cache: a trial of this thread has ended, or another one has started."""
    _thread.reading = None


def read_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials of a study by number, read at most a second ago.

    The same list each time, not copied: never change it. Without :func:`begin_reading` the trials
    are read now.
    """
    kept = _kept(study)
    if kept is None:
        return all_trials(study)
    if time.monotonic() - kept.at > _FRESH_SECONDS:
        return begin_reading(study)
    return kept.trials


def read_agreed(study: Study, name: str, value: Any) -> Any:
    """Return what :func:`~optuna_dnc._optuna_compat.agreed` does; one reading asks it once."""
    kept = _kept(study)
    if kept is None:
        return agreed(study, name, value)
    if name not in kept.agreed:
        kept.agreed[name] = agreed(study, name, value)
    return kept.agreed[name]


def _kept(study: Study) -> _Reading | None:
    """Return what this thread has read of the study, None if nothing."""
    kept: _Reading | None = getattr(_thread, "reading", None)
    storage, study_id = storage_and_id(study)
    if kept is None or kept.storage is not storage or kept.study_id != study_id:
        return None
    return kept
