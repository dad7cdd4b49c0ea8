"""The staged search, its settings, events and result."""

from __future__ import annotations

from optuna_dnc.search.events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.opened import OpenedSearch, open_search
from optuna_dnc.search.plan import Plan, StagePlan
from optuna_dnc.search.records import Record
from optuna_dnc.search.result import BestModel, SearchResult
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.status import SavedNetwork, SearchStatus, StageStatus, search_status

__all__ = [
    "BestModel",
    "Event",
    "OpenedSearch",
    "Plan",
    "Record",
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
    "TrialDone",
    "open_search",
    "search_status",
]
