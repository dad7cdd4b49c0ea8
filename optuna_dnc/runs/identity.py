"""What makes a run's folder belong to one search, and the refusal of any other."""

from __future__ import annotations

import json
from typing import Any

from optuna_dnc._errors import InputError, cut
from optuna_dnc.runs.settings import SearchSettings

MOST_SHOWN = 5
"""Differences that a message names."""


def differences(stored: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Settings that differ, each as ``name was X, now Y``; nested ones by their full name."""
    found = []
    for name in sorted({*stored, *wanted}):
        before, now = stored.get(name), wanted.get(name)
        if before == now:
            continue
        if isinstance(before, dict) and isinstance(now, dict):
            found += [f"{name}.{line}" for line in differences(before, now)]
        else:
            found.append(f"{cut(name)} was {cut(json.dumps(before))}, now {cut(json.dumps(now))}")
    return found


def check_same_search(stored: dict[str, Any], wanted: dict[str, Any], place: str) -> None:
    """Raise :class:`InputError`, showing what differs, unless both are the same search.

    Settings that are newer than the stored search had what is now their default.
    """
    before = SearchSettings().model_dump(mode="json") | stored
    if found := differences(before, wanted):
        different = "; ".join(found[:MOST_SHOWN])
        raise InputError(
            f"{place} holds another search: {different}. Choose another folder "
            "with out=, or repeat the settings to resume it."
        )
