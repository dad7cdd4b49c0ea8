"""Digests of trials, by which damage of a storage is detected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import digest_of
from optuna_dnc._optuna_compat import stored_trials
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import damage_reported
from optuna_dnc.runs.studies import Studies

_OF_STUDY = ("baseline", "constant_loss", "input_shape", "n_outputs")
"""Attributes of a study that never change."""


def trial_digests(studies: Studies) -> dict[str, dict[str, Any]]:
    """Return the number of trials of each stage, and a digest of the finished ones.

    Finished trials never change, also if others follow.
    """
    return {
        stage.name: {"n": n, "sha256": _digest(studies, stage, n)}
        for stage in studies.stages
        if (n := _n_trials(studies, stage))
    }


def check_trials(studies: Studies, summary: Mapping[str, Any] | None) -> None:
    """Raise :class:`InputError` if the storage of a finished search is damaged.

    Args:
        studies: Studies of the search.
        summary: Content of result.json; None before the first end of the search.
    """
    if summary is None or summary.get("complete") is not True:
        return
    digests = summary.get("trials")
    for stage in studies.stages:
        known = digests.get(stage.name) if isinstance(digests, dict) else None
        with damage_reported(studies.holder):
            is_whole = not known or _digest(studies, stage, known["n"]) == known["sha256"]
        if not is_whole:
            raise InputError(
                f"{studies.holder} is damaged: the trials of {stage.name} are not those that "
                "result.json was written from; restore it from a copy (predict and export need "
                "other files)."
            )


def _n_trials(studies: Studies, stage: StageKey) -> int:
    study = studies.existing(stage)
    return 0 if study is None else len(study.get_trials(deepcopy=False))


def _digest(studies: Studies, stage: StageKey, n_trials: int) -> str:
    study = studies.existing(stage)
    if study is None:
        return ""
    trials = [
        [
            trial.number,
            trial.state.name,
            trial.values,
            trial.params,
            sorted(trial.intermediate_values.items()),
            trial.user_attrs,
        ]
        for trial in stored_trials(study)[:n_trials]
        if trial.state.is_finished()
    ]
    stored = study.user_attrs  # a query each time
    attributes = {name: stored.get(name) for name in _OF_STUDY}
    return digest_of([attributes, trials])
