from ._errors import InputError, RunBusyError, StorageError
from ._version import __version__
from .checks import check
from .data import load_dataset
from .estimators import DNCClassifier, DNCRegressor
from .samplers import BOHBSampler, DNCSampler
from .search import SearchResult, StagedSearch, find_network

__all__ = [
    "BOHBSampler",
    "DNCClassifier",
    "DNCRegressor",
    "DNCSampler",
    "InputError",
    "RunBusyError",
    "SearchResult",
    "StagedSearch",
    "StorageError",
    "__version__",
    "check",
    "find_network",
    "load_dataset",
]
