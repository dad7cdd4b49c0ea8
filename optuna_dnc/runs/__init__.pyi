from .diagnosis import diagnose
from .leaderboard import Leaderboard, LeaderboardRow
from .pausing import pause
from .records import Record
from .run import Run, open_run
from .settings import SearchSettings
from .status import SavedNetwork, SearchStatus, StageStatus, search_status
from .strategies import Strategy, register_strategy

__all__ = [
    "Leaderboard",
    "LeaderboardRow",
    "Record",
    "Run",
    "SavedNetwork",
    "SearchSettings",
    "SearchStatus",
    "StageStatus",
    "Strategy",
    "diagnose",
    "open_run",
    "pause",
    "register_strategy",
    "search_status",
]
