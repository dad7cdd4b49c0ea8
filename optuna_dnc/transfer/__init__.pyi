from .comparison import TransferComparison, compare_with_native
from .search import transfer, transfer_search

__all__ = [
    "TransferComparison",
    "compare_with_native",
    "transfer",
    "transfer_search",
]
