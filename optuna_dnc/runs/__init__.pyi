from .diagnosis import diagnose
from .records import Record
from .run import Run, open_run
from .settings import SearchSettings
from .status import SavedNetwork, SearchStatus, StageStatus, search_status
from .strategies import Strategy, register_strategy

__all__ = [
    "Record",
    "Run",
    "SavedNetwork",
    "SearchSettings",
    "SearchStatus",
    "StageStatus",
    "Strategy",
    "diagnose",
    "open_run",
    "register_strategy",
    "search_status",
]
