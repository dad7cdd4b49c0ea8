"""The attributes of a study and its trials that store a Hyperband run."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import storage_and_id
from optuna_dnc.pruners.bracket_state import Configuration

SLOT = "dnc:slot"
"""Of a trial: the id of its run, and its slot in the schedule."""
SENT_TO = "dnc:budget"
"""Of a trial: the resource of the rung it was last promoted to; missing in the first rung."""
RESTARTED = "dnc:restarted"
"""Of a trial: that a checkpoint was lost and the warning was given."""
SETTINGS = "dnc:hyperband"
"""Of a study: the settings of its schedule, and the id of its run."""
_DEFAULTS = {"schedule": "hyperband"}
"""Settings that runs of the first versions have not stored."""


def value_key(resource: int) -> str:
    """Return the key of a trial's value at a rung, a string if not finite: JSON has no NaN."""
    return f"dnc:rung:{resource}"


def value_attribute(resource: int, value: float) -> tuple[str, float | str]:
    """Return the key of a trial's value at a rung, and the value as it is stored."""
    return value_key(resource), value if math.isfinite(value) else str(value)


def slot_of(trial: FrozenTrial, run: str) -> int | None:
    """Return a trial's slot in the schedule of a run, or None if it is not in this run.

    Trials that were added to a study keep the attributes that they had in another study.
    """
    stored = trial.system_attrs.get(SLOT)
    return stored[1] if isinstance(stored, list) and stored[0] == run else None


def read_configuration(trial: FrozenTrial, slot: int, budgets: Sequence[int]) -> Configuration:
    """Return the progress of a trial that has a slot.

    Args:
        trial: The trial.
        slot: See :func:`slot_of`.
        budgets: The resource of each rung of its bracket.
    """
    attrs = trial.system_attrs
    rung = budgets.index(attrs.get(SENT_TO, budgets[0]))
    keys = [value_key(budget) for budget in budgets[: rung + 1]]
    values = tuple(float(attrs[key]) for key in keys if key in attrs)
    is_running = trial.state == TrialState.RUNNING
    is_over = trial.state.is_finished()
    return Configuration(
        trial=trial.number,
        slot=slot,
        rung=rung,
        # The value at the rung counts once the worker has released the trial.
        values=values[:rung] if is_running else values,
        running=is_running,
        # Dropped ones have finished their rung; others ended in the middle.
        failed=is_over and (len(values) == rung or trial.state == TrialState.FAIL),
    )


def run_of(study: Study, settings: dict[str, Any]) -> str | None:
    """Return the id of the study's run, or None if there is none; a copied study has the same.

    Raises:
        InputError: The run was begun with other settings.
    """
    storage, study_id = storage_and_id(study)
    stored = storage.get_study_system_attrs(study_id).get(SETTINGS)
    if stored is None:
        return None
    stored = _DEFAULTS | stored
    for name, value in settings.items():
        if stored[name] != value:
            raise InputError(
                f"{name} is {shown(value)}, but this study was started with "
                f"{shown(stored[name])}; "
                "give that, or use a new study."
            )
    return str(stored["id"])


def begin_run(study: Study, settings: dict[str, Any]) -> str:
    """Store the settings in the study, and return the id of its new run."""
    storage, study_id = storage_and_id(study)
    run = uuid.uuid4().hex
    storage.set_study_system_attr(study_id, SETTINGS, {**settings, "id": run})
    return run
