"""Take networks away: as files that others read, and as Python code without this package."""

from __future__ import annotations

from optuna_dnc.export.export_model import FORMATS, Exported, export_model
from optuna_dnc.export.new_file import check_new, new_file

__all__ = ["FORMATS", "Exported", "check_new", "export_model", "new_file"]
