"""Responses to Katib, each computed from its request alone: settings, trials, proposals."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import optuna
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from pydantic import Field

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_INT, MOST_CANDIDATES
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc._validation import CheckedModel
from optuna_dnc.katib.feasible_space import Parameter, read_parameters
from optuna_dnc.samplers import DNCSampler

MOST_SUGGESTIONS = 1000
"""Of one request; Katib waits for a minute."""

_MOST_TRIALS = 100_000

Message = Mapping[str, Any]


def validate(request: Message) -> dict[str, Any]:
    """Answer ``ValidateAlgorithmSettings``.

    Args:
        request: Message ``ValidateAlgorithmSettingsRequest`` as a dictionary.

    Raises:
        InputError: DNCSampler cannot search the experiment.
    """
    _study_of(request.get("experiment", {}))
    return {}


def suggest(request: Message) -> dict[str, Any]:
    """Answer ``GetSuggestions``: build the study from the request and ask it for trials.

    Nothing is kept. Trials that are created or running count as running, early-stopped ones as
    pruned, and the same request gets the same answer.

    Args:
        request: Message ``GetSuggestionsRequest`` as a dictionary.

    Raises:
        InputError: DNCSampler cannot search the experiment.
    """
    n_asked, n_total = request["current_request_number"], request["total_request_number"]
    whole("current_request_number", n_asked, least=0, most=MOST_SUGGESTIONS)
    whole("total_request_number", n_total, least=0, most=_MOST_TRIALS)
    experiment = request.get("experiment", {})
    study, parameters = _study_of(experiment)
    metric = experiment["spec"]["objective"]["objective_metric_name"]
    known = numbered(request["trials"], n_total - n_asked)
    study.add_trials(frozen_trial(trial, parameters, metric) for trial in known)
    return {"parameter_assignments": [_assignments(study, parameters) for _ in range(n_asked)]}


def _study_of(experiment: Message) -> tuple[Study, tuple[Parameter, ...]]:
    """Return an empty study of an experiment, and its parameters."""
    spec = experiment.get("spec", {})
    objective = spec.get("objective", {})
    if objective.get("type") not in ("MINIMIZE", "MAXIMIZE"):
        raise InputError(
            "type of the objective must be minimize or maximize, got "
            f"{shown(objective.get('type'))}; change it."
        )
    parameters = read_parameters(spec.get("parameter_specs", {}).get("parameters", ()))
    sampler = read_settings(experiment).sampler(parameters)
    with quiet_optuna():
        study = optuna.create_study(
            direction=StudyDirection[objective["type"]], sampler=sampler, study_name="katib"
        )
    return study, parameters


def _assignments(study: Study, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    trial = study.ask({parameter.name: parameter.distribution for parameter in parameters})
    return {
        "assignments": [
            {"name": parameter.name, "value": parameter.text(trial.params[parameter.name])}
            for parameter in parameters
        ],
        "labels": {NUMBER_LABEL: str(trial.number)},
    }


class AlgorithmSettings(CheckedModel):
    """Arguments of :class:`~optuna_dnc.samplers.DNCSampler` that an experiment may set."""

    seed: Annotated[int, Field(ge=0, le=LARGEST_INT)]
    n_startup_trials: Annotated[int, Field(ge=0, le=LARGEST_INT)] | None = None
    n_candidates: Annotated[int, Field(ge=1, le=MOST_CANDIDATES)] = 1000
    preset: str = "default"
    startup: str | None = None

    def sampler(self, parameters: tuple[Parameter, ...]) -> BaseSampler:
        """Return the sampler of a space."""
        space = {parameter.name: parameter.distribution for parameter in parameters}
        return DNCSampler(search_space=space, **self.model_dump())


def read_settings(experiment: Mapping[str, Any]) -> AlgorithmSettings:
    """Read the algorithm settings of an experiment.

    Without a seed, its name is one: requests that are repeated get equal suggestions.

    Raises:
        InputError: A setting is unknown, not valid, or there twice.
    """
    algorithm = experiment.get("spec", {}).get("algorithm", {})
    values: dict[str, str] = {}
    for setting in algorithm.get("algorithm_settings", ()):
        name = setting["name"]
        if name in values:
            raise InputError(f"setting {shown(name)} occurs twice; drop one of them.")
        values[name] = setting["value"]
    return AlgorithmSettings(**{"seed": zlib.crc32(experiment["name"].encode()), **values})


NUMBER_LABEL = "optuna-dnc/number"
"""Label of a Katib trial with its number in the study."""

_UNKNOWN_STEP = 1
"""Step of an early-stopped trial's last report: Katib does not tell at which it was stopped."""


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
