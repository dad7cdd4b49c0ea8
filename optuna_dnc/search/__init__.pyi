from .choosing import choose, extend
from .events import Event, FoldDone, SearchStarted, StageDone, StageStarted, TrialDone
from .one_call import find_network
from .pausing import Paused
from .plan import Plan, StagePlan
from .reopening import search_of_run, work_once
from .search_result import SearchResult
from .staged_search import StagedSearch

__all__ = [
    "Event",
    "FoldDone",
    "Paused",
    "Plan",
    "SearchResult",
    "SearchStarted",
    "StageDone",
    "StagePlan",
    "StageStarted",
    "StagedSearch",
    "TrialDone",
    "choose",
    "extend",
    "find_network",
    "search_of_run",
    "work_once",
]
