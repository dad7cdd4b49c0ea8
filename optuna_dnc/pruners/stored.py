"""What a study's storage holds of a Hyperband run, and how it is read and written."""

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
"""Of a trial: the id of the run it is of, and its slot in the schedule."""
SENT_TO = "dnc:budget"
"""Of a trial: the resource that it was last sent to; missing in the first rung."""
RESTARTED = "dnc:restarted"
"""Of a trial: that a checkpoint was lost, and the user was told so."""
SETTINGS = "dnc:hyperband"
"""Of a study: the settings of its schedule, and an id of its own."""
_BEFORE = {"schedule": "hyperband"}
"""What runs were that were begun before they wrote it down."""


def value_key(resource: int) -> str:
    """Of a trial: its value at a rung; JSON has no word for NaN, so it may be a string."""
    return f"dnc:rung:{resource}"


def value_attribute(resource: int, value: float) -> tuple[str, float | str]:
    """Return the key and the content of a trial's value at a rung."""
    return value_key(resource), value if math.isfinite(value) else str(value)


def slot_of(trial: FrozenTrial, run: str) -> int | None:
    """Return a trial's slot in the schedule of a run, None for those of others.

    Trials that are added to a study bring along what was stored of them in another one.
    """
    stored = trial.system_attrs.get(SLOT)
    return stored[1] if isinstance(stored, list) and stored[0] == run else None


def read_configuration(trial: FrozenTrial, slot: int, budgets: Sequence[int]) -> Configuration:
    """Return what the schedule has to know of a trial that has a slot.

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
        # The value at the rung counts once the worker has let go of the trial.
        values=values[:rung] if is_running else values,
        running=is_running,
        # Dropped ones have finished their rung; others ended in the middle.
        failed=is_over and (len(values) == rung or trial.state == TrialState.FAIL),
    )


def run_of(study: Study, settings: dict[str, Any]) -> str | None:
    """Return the id of the run that the study was begun with, None before; a copy has the same.

    Raises:
        InputError: It was begun with other settings.
    """
    storage, study_id = storage_and_id(study)
    known = storage.get_study_system_attrs(study_id).get(SETTINGS)
    if known is None:
        return None
    known = _BEFORE | known
    for name, value in settings.items():
        if known[name] != value:
            raise InputError(
                f"{name} is {shown(value)}, but this study was begun with {shown(known[name])}; "
                "give that, or use a new study."
            )
    return str(known["id"])


def begin_run(study: Study, settings: dict[str, Any]) -> str:
    """Write the settings into the study, and return the id of its run."""
    storage, study_id = storage_and_id(study)
    run = uuid.uuid4().hex
    storage.set_study_system_attr(study_id, SETTINGS, {**settings, "id": run})
    return run
