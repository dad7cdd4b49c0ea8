"""Staged search, its events, its plan and its result.

Names that moved to other packages, such as :class:`optuna_dnc.refit.Refit`, load here, too.
"""

import importlib
from typing import Any

import lazy_loader

_own, _, __all__ = lazy_loader.attach_stub(__name__, __file__)

_MOVED = {
    "BestModel": "results.BestModel",
    "Ensemble": "ensemble.Ensemble",
    "Member": "ensemble.Member",
    "MemberProgress": "ensemble.MemberProgress",
    "Performance": "ensemble.Performance",
    "Predicting": "results.Predicting",
    "Record": "runs.Record",
    "Refit": "refit.Refit",
    "SavedNetwork": "runs.SavedNetwork",
    "SearchSettings": "runs.SearchSettings",
    "SearchStatus": "runs.SearchStatus",
    "StageStatus": "runs.StageStatus",
    "Tradeoff": "tradeoff.Tradeoff",
    "TradeoffSearch": "tradeoff.TradeoffSearch",
    "TrainedNetwork": "results.TrainedNetwork",
    "TransferComparison": "transfer.TransferComparison",
    "compare_with_native": "transfer.compare_with_native",
    "OpenedSearch": "runs.Run",
    "diagnose": "runs.diagnose",
    "open_search": "runs.open_run",
    "search_status": "runs.search_status",
    "tradeoff": "tradeoff.tradeoff",
    "transfer": "transfer.transfer",
    "transfer_search": "transfer.transfer_search",
}


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        package, _, new_name = _MOVED[name].partition(".")
        return getattr(importlib.import_module(f"optuna_dnc.{package}"), new_name)
    return _own(name)
