"""Analysis of the best network of a run: which columns matter, and where it errs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from optuna_dnc.runs.folder import SCHEMA, RunFolder
from optuna_dnc.runs.schema_types import Count, Finite, Measured, Stored, Text, read_stored


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


class StoredImportance(Stored):
    """One of the ``features`` of analysis.json."""

    name: Text
    increase: Finite
    deviation: Annotated[Finite, Field(ge=0)]


class StoredSlice(Stored):
    """One of the ``slices`` of analysis.json."""

    column: Text
    what: Text
    n: Count
    error: Measured


class StoredAnalysis(Stored):
    """analysis.json."""

    trial: Text
    n_rows: Count
    features: list[StoredImportance]
    slices: list[StoredSlice]
    part: Literal["test", "validation"]
    part_error: Measured
