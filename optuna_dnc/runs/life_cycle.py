"""Life cycle of a run: its state is derived from its files, trials and locks, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.outlook import Outlook

State = Literal[
    "new",
    "running",
    "pausing",
    "paused",
    "stopped",
    "finishing",
    "complete",
    "chosen",
    "failed",
]
"""State of a run, see docs/life-cycle.md."""

Wanted = Literal["run", "pause"]
"""What the user wants of the processes of a run."""

LIVE = ("running", "pausing", "finishing")
"""States in which a process works on the run."""


def state_of_run(
    *,
    is_live: bool,
    wanted: Wanted,
    ledger: Ledger,
    outlook: Outlook | None,
    summary: Mapping[str, Any] | None,
) -> State:
    """Return the state of a run.

    Args:
        is_live: Whether a live process works on it.
        wanted: What the user wants of it.
        ledger: Records of its trials.
        outlook: What is expected of it; None before its first stage.
        summary: Content of result.json; None before the first end of the search.
    """
    result = summary or {}
    is_complete = bool(result.get("complete"))
    if is_live:
        if wanted == "pause":
            return "pausing"
        # A complete search that is worked on is judged, extended, or another network is chosen.
        return "finishing" if not is_complete and _has_all(ledger, outlook) else "running"
    if result.get("chosen"):
        return "chosen"
    if is_complete:
        return "complete"
    if wanted == "pause":
        return "paused"
    if outlook is None and not ledger.records:
        return "new"
    return "failed" if _is_in_vain(ledger, outlook) else "stopped"


def _has_all(ledger: Ledger, outlook: Outlook | None) -> bool:
    """Whether all stages have their trials; unknown, so False, if a time limit bounds one."""
    return (
        outlook is not None
        and not any(record.waits for record in ledger.records)
        and all(
            stage.n_trials is not None and len(ledger.of_stages(name)) >= stage.n_trials
            for name, stage in outlook.stages.items()
        )
    )


def _is_in_vain(ledger: Ledger, outlook: Outlook | None) -> bool:
    """Whether the first stage has had its trials, and none gave a usable network."""
    if outlook is None or any(record.measured.is_usable for record in ledger.records):
        return False
    name, first = next(iter(outlook.stages.items()))
    n_ended = len(ledger.of_stages(name)) + ledger.n_crashed(name) + ledger.n_rejected(name)
    return first.n_trials is not None and n_ended >= first.n_trials
