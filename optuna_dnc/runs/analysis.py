"""Analysis of the best network of a run: which columns matter, and where it errs."""

from __future__ import annotations

from typing import Any

from optuna_dnc.runs.folder import SCHEMA, RunFolder
from optuna_dnc.runs.schema_types import read_stored
from optuna_dnc.runs.stored_analysis import StoredAnalysis


def read_analysis(folder: RunFolder, summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """Read analysis.json, see docs/result-files.md.

    Args:
        folder: Folder of the run.
        summary: Content of result.json.

    Returns:
        None if the run has none, or one of another network.

    Raises:
        InputError: The file is damaged.
    """
    if summary is None or not folder.analysis.exists():
        return None
    analysis = read_stored(folder.analysis, StoredAnalysis, SCHEMA)
    best = summary["best"]
    is_of_best = analysis["trial"] == f"{best['stage']}/{best['trial_number']}"
    return analysis if is_of_best else None
