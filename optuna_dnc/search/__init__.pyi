from .events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from .one_call import find_network
from .plan import Plan, StagePlan
from .search_result import SearchResult
from .staged_search import StagedSearch

__all__ = [
    "Event",
    "Plan",
    "SearchResult",
    "SearchStarted",
    "StageDone",
    "StagePlan",
    "StageStarted",
    "StagedSearch",
    "TrialDone",
    "find_network",
]
