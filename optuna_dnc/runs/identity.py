"""Identity of a search, and its extension to more trials or epochs.

settings.json holds the settings as they are now, and those that the search began with as
``begun_with``, so that the same command still resumes a search that was extended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from optuna_dnc._errors import InputError, cut
from optuna_dnc._files import write_json, write_sealed
from optuna_dnc.runs.folder import RunFolder, intact_summary, read_stored_settings
from optuna_dnc.runs.recipe import of_this_version
from optuna_dnc.runs.settings import USUAL_TRIALS, SearchSettings
from optuna_dnc.runs.study_facts import StudyFacts

MOST_SHOWN = 5
"""Number of differences that a message names."""


def changes(
    stored: Mapping[str, Any], requested: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, stored and requested value of each setting that differs, by name.

    Args:
        stored: Settings, also nested ones.
        requested: Settings to compare with; one that is missing counts as None.
        prefix: Name of the settings that hold these, with a dot.
    """
    # The strategy first: other settings differ because of it.
    for name in sorted({*stored, *requested}, key=lambda name: (name != "strategy", name)):
        before, now = stored.get(name), requested.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            yield from changes(before, now, f"{prefix}{name}.")
        elif before != now:
            yield f"{prefix}{name}", before, now


def differences(stored: Mapping[str, Any], requested: Mapping[str, Any]) -> str:
    """Return the first settings that differ, ``lr was 0.1, now 0.2; ...``; empty if none."""
    described = [_described(*change) for change in changes(stored, requested)]
    return "; ".join(described[:MOST_SHOWN])


def _described(name: str, before: object, now: object) -> str:
    if name == "data":  # fingerprints say nothing to people
        return "the data was different, in its rows, columns or splits"
    return f"{cut(name)} was {cut(json.dumps(before))}, now {cut(json.dumps(now))}"


def differences_of_searches(stored: Mapping[str, Any], requested: Mapping[str, Any]) -> str:
    """Return what differs between two searches, see :func:`differences`; empty if nothing.

    Settings that are newer than the stored search count with what they were then, and ranges of
    the network family that are newer do not count.
    """
    before = SearchSettings().model_dump(mode="json") | of_this_version(stored)
    before.pop(BEGUN_WITH, None)
    if isinstance(before["space"], dict):
        before["space"] = {**requested.get("space", {}), **before["space"]}
    return differences(before, requested)


def check_same_search(
    stored: Mapping[str, Any], requested: Mapping[str, Any], holder: str
) -> None:
    """Raise :class:`InputError`, naming what differs, unless both are the same search.

    Args:
        stored: Identity of a search that has begun.
        requested: Identity of the search to run.
        holder: Where the stored search is, for the message.
    """
    if different := differences_of_searches(stored, requested):
        is_longer = not stored.get("shares_trials") and not differences_of_searches(
            stored, {**requested, **{name: stored.get(name) for name in GROWABLE}}
        )
        extend = "; optuna-dnc extend gives it more trials or epochs" if is_longer else ""
        raise InputError(
            f"{holder} holds another search: {different}. Choose another folder "
            f"with out=, or repeat the settings to resume it{extend}."
        )


GROWABLE = ("n_steps", "n_startup_trials", "budget")
"""Settings that may be raised."""

BEGUN_WITH = "begun_with"
"""Entry of settings.json with the settings of :data:`GROWABLE` that the search began with."""


def grown(settings: SearchSettings, more: Mapping[str, int]) -> SearchSettings:
    """Return settings with some of :data:`GROWABLE` raised.

    Args:
        settings: Settings of the search.
        more: Their new values; equal ones change nothing.

    Raises:
        InputError: A value is lower than before, or invalid.
    """
    for name, value in more.items():
        before = getattr(settings, name)
        if before is None and name in USUAL_TRIALS:
            before = USUAL_TRIALS[name]
        if name == "budget" and before is None and settings.hyperband is not None:
            before = settings.hyperband.epochs
        if before is None:
            raise InputError(
                f"{name} has no limit in this search; leave it out, and raise n_steps= instead."
            )
        if value < before:
            raise InputError(
                f"{name} must be at least {before}, as in the search so far, got {value}; "
                "raise it."
            )
    values = {name: getattr(settings, name) for name in SearchSettings.model_fields}
    result = SearchSettings(**values | dict(more))
    plan, before_plan = result.hyperband, settings.hyperband
    if plan and before_plan and plan.min_resource != before_plan.min_resource:
        raise InputError(
            f"budget: with this number of epochs, Hyperband would start with rungs of "
            f"{plan.min_resource} instead of {before_plan.min_resource} epochs; start a new "
            "search in another folder."
        )
    return result


def with_more_trials(settings: Mapping[str, Any], n_done: int, n: int) -> dict[str, int]:
    """Return the new values of :data:`GROWABLE` for more trials.

    Args:
        settings: Settings of the search, as JSON.
        n_done: Largest number of trials that a Bayesian stage has.
        n: Number of trials to add to each of them; with a budget of epochs, those of as many
            whole trainings.
    """
    steps, budget = settings["n_steps"], settings["budget"]
    if steps is None:  # a stage may have gone on while there was time
        n_startup = settings["n_startup_trials"] or USUAL_TRIALS["n_startup_trials"]
        steps = max(USUAL_TRIALS["n_steps"], n_done - n_startup)
    more = {"n_steps": steps + n}
    return more if budget is None else more | {"budget": budget + n * settings["epochs"]}


def store_growth(folder: RunFolder, studies: StudyFacts, settings: SearchSettings) -> None:
    """Store the settings of an extended search; the caller holds the lock of the folder.

    The result is marked as not complete first, and forgets the digest of settings.json. The study
    comes last: one that has not grown yet is no other search, see :func:`with_growth`.
    """
    stored = read_stored_settings(folder)
    values = {name: getattr(settings, name) for name in GROWABLE}
    if all(stored.get(name) == value for name, value in values.items()):
        return
    summary = intact_summary(folder)
    if summary is not None:
        files = {k: v for k, v in summary.get("files", {}).items() if k != folder.settings.name}
        write_sealed(folder.result, summary | {"complete": False, "files": files})
    begun_with = stored.pop(BEGUN_WITH, None) or {name: stored.get(name) for name in GROWABLE}
    write_json(folder.settings, {**stored, **values, BEGUN_WITH: begun_with})
    studies.keep_settings({**stored, **values})


def as_grown(stored: Mapping[str, Any], settings: SearchSettings) -> dict[str, Any]:
    """Return the settings of an extended search, for the command that started it.

    Args:
        stored: Content of settings.json; empty for a new search.
        settings: Settings of the command.
    """
    begun_with = stored.get(BEGUN_WITH)
    if begun_with is None:
        return {}
    is_same = all(getattr(settings, name) == begun_with[name] for name in GROWABLE)
    return {name: stored[name] for name in GROWABLE} if is_same else {}


def with_growth(stored: Mapping[str, Any], requested: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings with those of :data:`GROWABLE` that are higher in ``requested``."""
    before: dict[str, Any] = {}
    for name in GROWABLE:
        was, now = stored.get(name), requested.get(name)
        had_default = name in USUAL_TRIALS or stored.get("pruner") == "hyperband"
        if now is not None and (had_default if was is None else now > was):
            before[name] = now
    return {**stored, **before}
