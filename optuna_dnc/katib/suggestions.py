"""Responses to Katib, each computed from its request alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.study import Study, StudyDirection

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.katib.feasible_space import read_parameters
from optuna_dnc.katib.parameter import Parameter
from optuna_dnc.katib.settings import read_settings
from optuna_dnc.katib.trials import NUMBER_LABEL, frozen_trial, numbered

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
