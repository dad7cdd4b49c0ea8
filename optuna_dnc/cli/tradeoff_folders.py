"""Folders that a command takes for a run or for a trade-off."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc._errors import InputError


def holds_tradeoff(folder: Path, storage: str | None) -> bool:
    """Return whether a folder holds a trade-off.

    Args:
        folder: Folder of a run or of a trade-off.
        storage: Storage that was given for it.

    Raises:
        InputError: It does, and a storage was given.
    """
    from optuna_dnc.tradeoff.folder import TradeoffFolder

    if not TradeoffFolder(folder).summary.exists():
        return False
    if storage is not None:
        raise InputError(
            f"storage: {folder} holds a trade-off, whose searches have a study.db each; leave it "
            "out."
        )
    return True
