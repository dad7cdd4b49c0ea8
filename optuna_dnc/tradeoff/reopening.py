"""The searches of a trade-off, created again from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search.reopening import arguments_of_run, session_before
from optuna_dnc.tradeoff.folder import TradeoffFolder
from optuna_dnc.tradeoff.search import TradeoffSearch


def tradeoff_of_folder(
    path: str | Path, storage: object = None, *, progress: object = None, **session: Any
) -> TradeoffSearch:
    """Create the searches of a trade-off again, to take part in them.

    Args:
        path: Folder of the trade-off.
        storage: Has no effect: each search has its own.
        progress: Has no effect.
        **session: ``data``, ``network`` and ``sampler`` if no file can hold them; ``data_root``,
            ``device``, ``timeout``, ``refit`` and ``floors`` of :class:`TradeoffSearch`.

    Raises:
        InputError: The folder holds no trade-off that has begun, or parts of it are missing.
    """
    del storage, progress
    folder = TradeoffFolder(path)
    weights = folder.read().get("wc")
    if not weights:
        raise InputError(
            f"{folder.path} holds searches that were run one by one; give the folder of one."
        )
    if len(folder.search_folders()) < len(weights):
        raise InputError(
            f"{folder.path} holds a trade-off whose searches have not all been started; start it "
            "with optuna-dnc tradeoff, and join it once it trains, or prepare it with --workers 0."
        )
    first = RunFolder(folder.run(weights[0]))  # all are run in the same way
    arguments = arguments_of_run(first, **{**session_before(first, None), **session})
    for name in ("wc", "shares_trials", "given"):
        del arguments[name]
    arguments.pop("notes", None)
    return TradeoffSearch(wc=weights, out=folder.path, **arguments)
