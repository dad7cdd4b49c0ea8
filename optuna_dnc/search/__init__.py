"""The staged search, its settings, events and result."""

from __future__ import annotations

from optuna_dnc.search.diagnosis import diagnose
from optuna_dnc.search.ensemble import Ensemble, Performance
from optuna_dnc.search.ensemble_members import Member, MemberProgress
from optuna_dnc.search.events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.opened import OpenedSearch, open_search
from optuna_dnc.search.plan import Plan, StagePlan
from optuna_dnc.search.predicting import Predicting
from optuna_dnc.search.records import Record
from optuna_dnc.search.refit import Refit
from optuna_dnc.search.result import BestModel, SearchResult
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.status import SavedNetwork, SearchStatus, StageStatus, search_status
from optuna_dnc.search.tradeoff_result import Tradeoff
from optuna_dnc.search.tradeoff_search import TradeoffSearch, tradeoff
from optuna_dnc.search.trained_network import TrainedNetwork
from optuna_dnc.search.transfer_comparison import TransferComparison, compare_with_native
from optuna_dnc.search.transfers import transfer, transfer_search

__all__ = [
    "BestModel",
    "Ensemble",
    "Event",
    "Member",
    "MemberProgress",
    "OpenedSearch",
    "Performance",
    "Plan",
    "Predicting",
    "Record",
    "Refit",
    "SavedNetwork",
    "SearchResult",
    "SearchSettings",
    "SearchStarted",
    "SearchStatus",
    "StageDone",
    "StagePlan",
    "StageStarted",
    "StageStatus",
    "StagedSearch",
    "Tradeoff",
    "TradeoffSearch",
    "TrainedNetwork",
    "TransferComparison",
    "TrialDone",
    "compare_with_native",
    "diagnose",
    "open_search",
    "search_status",
    "tradeoff",
    "transfer",
    "transfer_search",
]
