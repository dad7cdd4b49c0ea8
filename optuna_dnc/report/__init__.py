"""What a search found, to look at: figures and a report.

Names load on first use: plotly is an extra.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna_dnc.report.report import write_report

_HOMES = {"write_report": "optuna_dnc.report.report"}

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
