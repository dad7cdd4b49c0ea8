"""Schema of analysis.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from optuna_dnc.runs.schema_types import Count, Finite, Measured, Stored, Text


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
