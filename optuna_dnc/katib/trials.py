"""Trials of a Katib experiment as trials of Optuna."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState, create_trial

from optuna_dnc.katib.feasible_space import Parameter

NUMBER_LABEL = "optuna-dnc/number"
"""Label of a Katib trial with its number in the study."""

_UNKNOWN_STEP = 1
"""Step of an early-stopped trial's last report: Katib does not tell at which it was stopped."""

Message = Mapping[str, Any]


def numbered(trials: Sequence[Message], n_begun: int) -> list[Message | None]:
    """Return the trials by number, with None for trials that Katib no longer knows.

    Katib leaves out trials without metrics, and sends the others in any order.

    Args:
        trials: Messages ``Trial`` as dictionaries.
        n_begun: Number of trials that have been suggested.
    """
    places: list[Message | None] = [None] * max(n_begun, len(trials))
    others = []
    for trial in sorted(trials, key=_begin):
        number = _number(trial)
        if number is not None and number < len(places) and places[number] is None:
            places[number] = trial
        else:
            others.append(trial)
    free = (number for number, trial in enumerate(places) if trial is None)
    for number, trial in zip(list(free), others, strict=False):
        places[number] = trial
    return places


def _begin(trial: Message) -> tuple[bool, str, str]:
    start = trial.get("status", {}).get("start_time", "")
    return not start, start, trial["name"]


def _number(trial: Message) -> int | None:
    text = trial.get("spec", {}).get("labels", {}).get(NUMBER_LABEL, "")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def frozen_trial(
    trial: Message | None, parameters: Iterable[Parameter], metric: str
) -> FrozenTrial:
    """Return a trial for a study: FAIL without parameters if nothing can be learned from it.

    Args:
        trial: Message ``Trial`` as a dictionary, or None for a trial that is not known.
        parameters: Parameters of the experiment.
        metric: Name of the objective metric.
    """
    lost = create_trial(state=TrialState.FAIL)
    if trial is None:
        return lost
    status = trial.get("status", {})
    condition = status.get("condition")
    if condition in ("KILLED", "UNKNOWN"):  # which says nothing about the parameters
        return lost
    value = _value(status, metric)
    given = trial.get("spec", {}).get("parameter_assignments", {}).get("assignments", ())
    texts = {assignment["name"]: assignment["value"] for assignment in given}
    try:
        return create_trial(
            state=_state(condition, value),
            params={p.name: p.value(texts[p.name]) for p in parameters},
            distributions={p.name: p.distribution for p in parameters},
            **_outcome(condition, value),
        )
    except (KeyError, ValueError, OverflowError):
        # Of an experiment whose space was another one.
        return lost


def _value(status: Message, metric: str) -> float:
    """Return the value of the objective, NaN if there is none."""
    for entry in status.get("observation", {}).get("metrics", ()):
        if entry["name"] == metric:
            try:
                return float(entry["value"])
            except ValueError:  # "unavailable"
                return math.nan
    return math.nan


def _state(condition: object, value: float) -> TrialState:
    if condition in ("CREATED", "RUNNING"):
        return TrialState.RUNNING
    if condition == "EARLYSTOPPED":
        return TrialState.PRUNED
    is_complete = condition == "SUCCEEDED" and not math.isnan(value)
    return TrialState.COMPLETE if is_complete else TrialState.FAIL


def _outcome(condition: object, value: float) -> dict[str, Any]:
    if math.isnan(value):
        return {}
    if condition == "EARLYSTOPPED":
        return {"intermediate_values": {_UNKNOWN_STEP: value}}
    return {"value": value} if condition == "SUCCEEDED" else {}
