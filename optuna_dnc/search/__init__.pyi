from .events import Event, FoldDone, SearchStarted, StageDone, StageStarted, TrialDone
from .one_call import find_network
from .plan import Plan, StagePlan
from .search_result import SearchResult
from .staged_search import StagedSearch

__all__ = [
    "Event",
    "FoldDone",
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
