from .result import Tradeoff
from .search import TradeoffSearch, tradeoff

__all__ = [
    "Tradeoff",
    "TradeoffSearch",
    "tradeoff",
]
