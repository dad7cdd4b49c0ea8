"""Identity of a search: two searches are the same if their settings are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from optuna_dnc._errors import InputError, cut
from optuna_dnc.runs.growth import BEGUN_WITH, GROWABLE
from optuna_dnc.runs.recipe import of_this_version
from optuna_dnc.runs.settings import SearchSettings

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

    Args:
        stored: Identity of a search that has begun.
        requested: Identity of the search to run.
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
        is_longer = not differences_of_searches(
            stored, {**requested, **{name: stored.get(name) for name in GROWABLE}}
        )
        extend = "; optuna-dnc extend gives it more trials or epochs" if is_longer else ""
        raise InputError(
            f"{holder} holds another search: {different}. Choose another folder "
            f"with out=, or repeat the settings to resume it{extend}."
        )
