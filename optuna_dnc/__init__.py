"""Find neural networks that are good and cheap, with Optuna.

Names load on first use, so that ``from optuna_dnc import DNCSampler`` does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError
from optuna_dnc._version import __version__

if TYPE_CHECKING:
    from optuna_dnc.checks import check
    from optuna_dnc.data import load_dataset
    from optuna_dnc.estimators import DNCClassifier, DNCRegressor
    from optuna_dnc.samplers import BOHBSampler, DNCSampler
    from optuna_dnc.search import SearchResult, StagedSearch

_HOMES = {
    "BOHBSampler": "optuna_dnc.samplers",
    "DNCClassifier": "optuna_dnc.estimators",
    "DNCRegressor": "optuna_dnc.estimators",
    "DNCSampler": "optuna_dnc.samplers",
    "SearchResult": "optuna_dnc.search",
    "StagedSearch": "optuna_dnc.search",
    "check": "optuna_dnc.checks",
    "load_dataset": "optuna_dnc.data",
}

__all__ = [
    "BOHBSampler",
    "DNCClassifier",
    "DNCRegressor",
    "DNCSampler",
    "InputError",
    "SearchResult",
    "StagedSearch",
    "__version__",
    "check",
    "load_dataset",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
