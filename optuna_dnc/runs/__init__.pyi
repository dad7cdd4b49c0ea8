from .diagnosis import diagnose
from .records import Record
from .run import Run, open_run
from .settings import SearchSettings
from .status import SavedNetwork, SearchStatus, StageStatus, search_status

__all__ = [
    "Record",
    "Run",
    "SavedNetwork",
    "SearchSettings",
    "SearchStatus",
    "StageStatus",
    "diagnose",
    "open_run",
    "search_status",
]
