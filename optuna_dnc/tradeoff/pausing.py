"""Pause of a trade-off."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc._errors import InputError
from optuna_dnc.runs.pausing import pause
from optuna_dnc.tradeoff.folder import TradeoffFolder
from optuna_dnc.tradeoff.status import tradeoff_status


def pause_tradeoff(path: str | Path) -> None:
    """Ask all processes of a trade-off to end after their current epoch.

    Args:
        path: Folder of the trade-off.

    Raises:
        InputError: The folder holds no trade-off that is running or was interrupted.
    """
    folder = TradeoffFolder(path)
    if not folder.read().get("wc"):
        raise InputError(
            f"{folder.path} holds searches that were run one by one; pause each of them."
        )
    status = tradeoff_status(folder.path)
    left = [search for search in status.searches if not search.has_ended]
    if status.state == "complete":
        raise InputError(
            f"{folder.path} holds a trade-off that has ended; add values of wc to it."
        )
    if not left:
        raise InputError(f"{folder.path} holds a trade-off that has not started; run it first.")
    pause(left[0].path)
