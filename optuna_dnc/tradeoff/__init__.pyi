from .reopening import tradeoff_of_folder
from .result import Tradeoff
from .search import TradeoffSearch, tradeoff

__all__ = [
    "Tradeoff",
    "TradeoffSearch",
    "tradeoff",
    "tradeoff_of_folder",
]
