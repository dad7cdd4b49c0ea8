"""Choice of a network by hand, and its entries in result.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PER_ANSWER = ("refit", "evaluation")
"""Entries of result.json that belong to its best network; those of a chosen one are in its own."""


def answer_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of result.json as if the chosen network were the best one.

    Args:
        summary: Content of result.json; with ``chosen``, that network is the answer.
    """
    chosen = summary.get("chosen")
    if chosen is None:
        return dict(summary)
    own = {name: chosen.get(name) for name in PER_ANSWER}
    return {**summary, **own, "best": chosen, "cross_validation": None}


def label_of(network: Mapping[str, Any]) -> str:
    """Return the trial ``stage/number`` of ``best`` or ``chosen``."""
    return f"{network['stage']}/{network['trial_number']}"


def tested_networks(summary: Mapping[str, Any] | None) -> list[str]:
    """Return the trials of the networks that were evaluated on the test set.

    Each look at it makes the best of these results more optimistic.

    Args:
        summary: Content of result.json; None if there is none.
    """
    if summary is None:
        return []
    if "tested" in summary:
        return list(summary["tested"])
    best = summary["best"]
    return [] if best["test_error"] is None else [label_of(best)]


def with_tested(summary: Mapping[str, Any] | None, label: str) -> list[str]:
    """Return them with one more, unless it is among them."""
    return list(dict.fromkeys([*tested_networks(summary), label]))
